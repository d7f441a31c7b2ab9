import type { Keep } from "./storage";

/** At about 50 bytes each they take a tenth of what a browser keeps for a site. */
const MOST = 10_000;
const KEY = "read";
/** All are written at once, so not for each message. */
const WRITE_AFTER_MS = 1_000;

/** How far each conversation has been read in this browser: seq by conversation. */
export class ReadMarks {
  private readonly marks = new Map<string, number>();
  /** Conversations that were never read here and have nothing to be read up to this seq. Not kept: there are as many as there are conversations. */
  private readonly passing = new Map<string, number>();
  private writing: ReturnType<typeof setTimeout> | undefined;
  private changed: () => void = () => undefined;

  constructor(private readonly keep: Keep) {
    this.takeOver();
  }

  /** Takes over what was read in another tab, each time that it changes there, and keeps what was read here when the page goes, until the returned function is called. */
  follow(changed: () => void): () => void {
    this.changed = changed;
    const listener = (event: StorageEvent): void => {
      if (event.key === `parley.${KEY}` && this.takeOver()) changed();
    };
    const write = (): void => this.write();
    window.addEventListener("storage", listener);
    window.addEventListener("pagehide", write);
    document.addEventListener("visibilitychange", write);
    if (this.takeOver()) changed();
    return () => {
      window.removeEventListener("storage", listener);
      window.removeEventListener("pagehide", write);
      document.removeEventListener("visibilitychange", write);
      this.write();
    };
  }

  /** Undefined if this browser knows nothing of the conversation. */
  get(conversationId: string): number | undefined {
    const kept = this.marks.get(conversationId);
    const passing = this.passing.get(conversationId);
    return kept === undefined || passing === undefined ? (kept ?? passing) : Math.max(kept, passing);
  }

  /** Marks never go back. True if this one went on. */
  advance(conversationId: string, seq: number): boolean {
    if (this.has(conversationId, seq)) return false;
    if (seq === 0) {
      this.passing.set(conversationId, seq);
      return true;
    }
    this.put(conversationId, seq);
    this.writing ??= setTimeout(() => this.write(), WRITE_AFTER_MS);
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

  private write(): void {
    if (this.writing === undefined) return;
    clearTimeout(this.writing);
    this.writing = undefined;
    if (this.takeOver()) this.changed(); // or another tab's marks would go back to what they were when this one last looked
    for (const oldest of this.marks.keys()) {
      if (this.marks.size <= MOST) break;
      this.marks.delete(oldest);
    }
    this.keep.write(KEY, Object.fromEntries(this.marks));
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
