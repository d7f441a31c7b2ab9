import type { Keep } from "./storage";

/** At about 50 bytes each they take a tenth of what a browser keeps for a site. */
const MOST = 10_000;
const KEY = "read";

/** How far each conversation has been read in this browser: seq by conversation. */
export class ReadMarks {
  private readonly marks = new Map<string, number>();
  /** Conversations that were never read here and have nothing to be read up to this seq. Not kept: there are as many as there are conversations. */
  private readonly passing = new Map<string, number>();

  constructor(private readonly keep: Keep) {
    this.takeOver();
  }

  /** Takes over what was read in another tab, each time that it changes there, until the returned function is called. */
  follow(changed: () => void): () => void {
    const listener = (event: StorageEvent): void => {
      if (event.key === `parley.${KEY}` && this.takeOver()) changed();
    };
    window.addEventListener("storage", listener);
    if (this.takeOver()) changed();
    return () => window.removeEventListener("storage", listener);
  }

  /** Undefined if this browser knows nothing of the conversation. */
  get(conversationId: string): number | undefined {
    const kept = this.marks.get(conversationId);
    const passing = this.passing.get(conversationId);
    return kept === undefined || passing === undefined ? (kept ?? passing) : Math.max(kept, passing);
  }

  /** Marks never go back. True if this one went on, here or meanwhile in another tab. */
  advance(conversationId: string, seq: number): boolean {
    if (this.has(conversationId, seq)) return false;
    if (seq === 0) {
      this.passing.set(conversationId, seq);
      return true;
    }
    this.takeOver(); // or another tab's marks would go back to what they were when this one last looked
    if (this.has(conversationId, seq)) return true;
    this.put(conversationId, seq);
    for (const oldest of this.marks.keys()) {
      if (this.marks.size <= MOST) break;
      this.marks.delete(oldest);
    }
    this.keep.write(KEY, Object.fromEntries(this.marks));
    return true;
  }

  /** Nothing up to this seq waits to be read: the conversation is new, or this side said that itself. */
  pass(conversationId: string, seq: number): void {
    if (this.marks.has(conversationId)) this.advance(conversationId, seq); // or what this side said would be counted after a reload
    else if (!this.has(conversationId, seq)) this.passing.set(conversationId, seq);
  }

  private has(conversationId: string, seq: number): boolean {
    return seq <= (this.get(conversationId) ?? -1);
  }

  private put(conversationId: string, seq: number): void {
    this.marks.delete(conversationId); // to the end: the oldest go first
    this.marks.set(conversationId, seq);
  }

  private takeOver(): boolean {
    let any = false;
    for (const [id, seq] of Object.entries(this.keep.read<Record<string, number>>(KEY) ?? {})) {
      if (seq <= (this.marks.get(id) ?? 0)) continue;
      any ||= !this.has(id, seq);
      this.put(id, seq);
    }
    return any;
  }
}
