import type { Message, Position } from "./types";

/** Where a stream goes on: after this seq, with edits and deletes since that position. */
export interface ResumePoint {
  readonly after: number;
  readonly position: Position | null;
}

/**
 * The committed messages of one conversation as far as they are known here: the part of the history that was loaded and
 * everything the stream brought since. Each message is in it once, however often it comes.
 *
 * A message at or below the last seq that is here, or was, is a repeat. One that is not comes late: an ordinary trigger of
 * somebody's, as an automatic answer, is told before the row that it answers. A hole in seq is a deleted message, never a
 * loss.
 */
export class Timeline {
  private readonly known = new Map<string, Message>();
  private readonly deleted = new Set<string>();
  /** While a history page is being read, edits of rows that are not here: the page may still bring the old text. */
  private edited: Map<string, Message> | null = null;
  /** Rows below this seq are not kept. */
  private floor = 0;
  private ordered: readonly Message[] | null = [];
  private lastSeq: number | null = null;
  private position: Position | null = null;

  /** In rising seq; the same array until something changes. */
  get messages(): readonly Message[] {
    this.ordered ??= [...this.known.values()].sort((a, b) => a.seq - b.seq);
    return this.ordered;
  }

  /** Null until the stream has been live once. */
  get resumePoint(): ResumePoint | null {
    return this.lastSeq === null ? null : { after: this.lastSeq, position: this.position };
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** Whether everything up to this seq has been through the stream or lies in the history before it. */
  covers(seq: number): boolean {
    return this.lastSeq !== null && seq <= this.lastSeq;
  }

  /** A message from the stream. False if it had been here before. */
  append(message: Message, position: Position): boolean {
    this.position = position;
    if (this.covers(message.seq) && (message.seq < this.floor || this.known.has(message.id) || this.deleted.has(message.id))) return false;
    this.lastSeq = Math.max(this.lastSeq ?? 0, message.seq);
    this.deleted.delete(message.id);
    this.put(message);
    return true;
  }

  update(message: Message, position: Position): void {
    this.position = position;
    if (this.known.has(message.id)) this.put(message);
    else this.edited?.set(message.id, message);
  }

  remove(id: string, position: Position): void {
    this.position = position;
    this.deleted.add(id);
    if (this.known.delete(id)) this.ordered = null;
  }

  /** The stream has delivered all up to this seq. */
  live(lastSeq: number, position: Position): void {
    this.lastSeq = Math.max(this.lastSeq ?? 0, lastSeq);
    this.position = position;
  }

  at(position: Position): void {
    this.position = position;
  }

  /** A page of history is about to be asked for. */
  expectPage(): void {
    this.edited = new Map();
  }

  /** A page of history. What the stream has said about a row since it was asked for is newer than the page. */
  merge(page: readonly Message[]): void {
    this.floor = Math.min(this.floor, page[0]?.seq ?? 0);
    for (const message of page) {
      if (this.known.has(message.id) || this.deleted.has(message.id)) continue;
      this.put(this.edited?.get(message.id) ?? message);
    }
    this.settle();
  }

  /** No page of history is being read. */
  settle(): void {
    this.edited = null;
  }

  /** Drops all but the newest; a page of history brings them back. Returns the first seq that is left, null if there was nothing to drop. */
  trim(keep: number): number | null {
    const dropped = this.messages.slice(0, -keep);
    if (dropped.length === 0) return null;
    for (const { id } of dropped) this.known.delete(id);
    this.ordered = null;
    return (this.floor = this.messages[0]!.seq);
  }

  clear(): void {
    this.known.clear();
    this.deleted.clear();
    this.edited = null;
    this.floor = 0;
    this.ordered = [];
    this.lastSeq = null;
    this.position = null;
  }

  private put(message: Message): void {
    this.known.set(message.id, message);
    this.ordered = null;
  }
}
