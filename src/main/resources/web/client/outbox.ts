import { Backoff } from "./backoff";
import type { Keep } from "./storage";
import type { Sender } from "./identity";
import type { Delivery, Role } from "./types";
import { uuid } from "./uuid";

/** A message of one's own that has no row here yet. */
export interface Outgoing {
  readonly id: string;
  readonly content: string;
  readonly created_at: string;
  readonly delivery: Delivery;
  readonly failure: string | null;
  /** Known once the service has acknowledged it. */
  readonly seq: number | null;
}

export interface OutboxHandler {
  /** Puts it on the wire; false if there is none. */
  transmit(message: Outgoing): boolean;
  /** No answer has come for a while: is the stream still there? */
  doubtful(): void;
  /** No answer came although the stream is live. */
  stalled(): void;
  changed(): void;
}

/** As much of it as survives a reload; what has failed waits for whoever wrote it then, too. */
type Unsent = Pick<Outgoing, "id" | "content" | "created_at"> & { readonly failure?: string | null };

/** The conversations in which something is kept that somebody of this role has still to send. */
export function unsentIn({ role }: Sender, keep: Keep): Set<string> {
  const keys = keep.keys(prefix(role)).filter((key) => !keep.read<Unsent>(key)?.failure);
  return new Set(keys.map((key) => key.slice(prefix(role).length).split(".", 1)[0]!));
}

/** The pages of both sides may share a browser: what one has written the other must not send as its own. */
function prefix(role: Role): string {
  return `outbox.${role}.`;
}

/** Refusals that are about the service's state, not about the message. */
const TRANSIENT = new Set(["PARLEY-UNAVAILABLE", "PARLEY-OVERLOADED", "PARLEY-INTERNAL"]);
/** Refusals of a frame that the service could not read far enough to name its id. */
const UNREADABLE = new Set(["PARLEY-TOO-LARGE", "PARLEY-INVALID-JSON", "PARLEY-INVALID-UTF8", "PARLEY-INVALID-MESSAGE"]);

/** Without an answer for so long, one wants to know whether the stream is dead, sooner than its silence tells. */
const DOUBT_MS = 8_000;
/** So often: a slow service needs time, and each connection that is given up costs it more. */
const DOUBTS = 3;
/** On a live stream, answered with an error or not at all. */
const MAX_ATTEMPTS = 6;
/** A lost connection is not the message's fault, unless each is lost with this one on it: something on the way (a proxy's limit, a filter) may not let it pass. */
const MAX_INTERRUPTIONS = 8;

/**
 * Messages on their way out. One is on the wire at a time, so they commit in the order they were written. A message keeps
 * its id through every retry, reconnect and reload of the page, and the service takes an id once: retrying cannot double.
 */
export class Outbox {
  private readonly key: string;
  private queue: Outgoing[];
  private onWire: string | null = null;
  /** How often in a row the stream was lost with the same message on the wire. */
  private interruptions = 0;
  private open = false;
  /** After an error: until its time, new messages don't make the service be asked again. */
  private resting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff = new Backoff({ firstMs: 500, capMs: 8_000 });

  constructor(
    conversation: string,
    { role }: Sender,
    private readonly keep: Keep,
    private readonly handler: OutboxHandler,
  ) {
    this.key = prefix(role) + conversation;
    if (role === "customer") this.convert(`outbox.${conversation}`);
    this.queue = this.kept().map(({ failure = null, ...m }) => ({ ...m, delivery: failure === null ? "sending" : "failed", failure, seq: null }));
  }

  get messages(): readonly Outgoing[] {
    return this.queue;
  }

  add(content: string): string {
    const message: Outgoing = {
      id: uuid(),
      content,
      created_at: this.now(),
      delivery: "sending",
      failure: null,
      seq: null,
    };
    if (!this.busy) this.backoff.reset(); // those that failed are over: this is a new try
    this.queue = [...this.queue, message];
    this.write(message);
    this.handler.changed();
    this.pump();
    return message.id;
  }

  /** Sends a failed message again, as the same message. */
  retry(id: string): void {
    this.change(id, { delivery: "sending", failure: null });
    this.keepAsItIs(id);
    this.backoff.reset();
    this.resting = false;
    this.pump();
  }

  /** Forgets a message that has failed. */
  discard(id: string): void {
    if (this.find(id)?.delivery === "failed") this.drop(id);
  }

  /**
   * The stream is live: whatever did not get through is sent now. A stream that opens does not say that messages get through, so the attempts go on
   * being counted, and what has failed waits for whoever wrote it.
   */
  resume(): void {
    this.open = true;
    this.pump();
  }

  /** The stream is gone: what was on the wire may or may not have arrived, and goes again. */
  pause(): void {
    this.open = false;
    const interrupted = this.onWire;
    this.release();
    if (interrupted !== null && ++this.interruptions >= MAX_INTERRUPTIONS) this.fail(interrupted, "PARLEY-UNAVAILABLE");
  }

  acknowledged(id: string, seq: number): void {
    this.settled(id);
    this.change(id, { delivery: "sent", seq, failure: null });
    this.keep.remove(this.keyOf(id)); // it is a row: only the others must survive a reload
    this.pump();
  }

  /** Its row is here. */
  arrived(id: string): void {
    this.settled(id);
    this.drop(id);
    this.pump();
  }

  /** An error frame; `id` is missing when the service could not read it. True if it was about a message of ours. */
  refused(id: string | undefined, code: string): boolean {
    const subject = id ?? (UNREADABLE.has(code) ? this.onWire : null);
    if (subject === null || this.find(subject) === undefined) return false;
    const again = TRANSIENT.has(code) && this.backoff.failures < MAX_ATTEMPTS;
    if (this.onWire === subject) this.release();
    this.interruptions = 0; // the connection lived long enough to say so
    if (again) {
      this.resting = true;
      this.timer = setTimeout(() => {
        this.resting = false;
        this.pump();
      }, this.backoff.next());
    } else {
      this.fail(subject, code);
      this.pump();
    }
    return true;
  }

  /** Whether something still has to reach the service. */
  get busy(): boolean {
    return this.queue.some((m) => m.delivery === "sending");
  }

  /** None of them will ever get through. */
  refuseAll(code: string): void {
    this.release();
    for (const m of this.queue) if (m.delivery === "sending") this.fail(m.id, code);
  }

  /** Drops acknowledged messages whose row is known to be elsewhere. */
  forget(covered: (message: Outgoing) => boolean): void {
    const rest = this.queue.filter((m) => m.delivery !== "sent" || !covered(m));
    if (rest.length !== this.queue.length) this.queue = rest;
  }

  private pump(): void {
    if (!this.open || this.resting || this.onWire !== null) return;
    const next = this.queue.find((m) => m.delivery === "sending");
    if (next === undefined) return;
    clearTimeout(this.timer);
    if (!this.handler.transmit(next)) return;
    this.onWire = next.id;
    this.wait(next.id, DOUBTS);
  }

  private wait(id: string, doubts: number): void {
    this.timer = setTimeout(() => {
      if (doubts <= 1) return this.unanswered(id);
      this.wait(id, doubts - 1);
      this.handler.doubtful();
    }, DOUBT_MS);
  }

  private unanswered(id: string): void {
    this.release();
    this.backoff.next();
    if (this.backoff.failures >= MAX_ATTEMPTS) this.fail(id, "PARLEY-UNAVAILABLE");
    this.handler.stalled();
  }

  private settled(id: string): void {
    if (this.onWire !== id) return;
    this.release();
    this.backoff.reset();
    this.interruptions = 0;
  }

  private release(): void {
    clearTimeout(this.timer);
    this.resting = false;
    this.onWire = null;
  }

  private find(id: string): Outgoing | undefined {
    return this.queue.find((m) => m.id === id);
  }

  /** The connections that were lost with it on the wire are not held against the next one. */
  private fail(id: string, code: string): void {
    this.interruptions = 0;
    this.change(id, { delivery: "failed", failure: code });
    this.keepAsItIs(id);
  }

  private keepAsItIs(id: string): void {
    const message = this.find(id);
    if (message !== undefined) this.write(message);
  }

  private change(id: string, change: Partial<Outgoing>): void {
    if (this.find(id) === undefined) return;
    this.queue = this.queue.map((m) => (m.id === id ? { ...m, ...change } : m));
    this.handler.changed();
  }

  private drop(id: string): void {
    if (this.find(id) === undefined) return;
    this.queue = this.queue.filter((m) => m.id !== id);
    this.keep.remove(this.keyOf(id));
    this.handler.changed();
  }

  /** Each under a key of its own: other tabs keep theirs beside them. Whichever tab reads one may send it, since its id is taken once. */
  private keyOf(id: string): string {
    return `${this.key}.${id}`;
  }

  private write({ id, content, created_at, failure }: Unsent): void {
    this.keep.write(this.keyOf(id), { id, content, created_at, ...(failure && { failure }) });
  }

  /** In the order they were written. */
  private kept(): Unsent[] {
    return this.keep.keys(this.keyOf(""))
      .map((key) => this.keep.read<Unsent>(key))
      .filter((m) => m !== null)
      .sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  }

  /** They were kept under keys that did not say whose they are once, and all together before that. */
  private convert(former: string): void {
    const together = this.keep.read<Unsent[]>(former);
    const each = this.keep.keys(`${former}.`).map((key) => [key, this.keep.read<Unsent>(key)] as const);
    // first: a full storage takes them in the room that this leaves
    for (const key of [former, ...each.map(([key]) => key)]) this.keep.remove(key);
    for (const m of [...(Array.isArray(together) ? together : []), ...each.map(([, m]) => m)]) if (m !== null) this.write(m);
  }

  /** Later than any before it, also where the clock was set back or two come in one millisecond: it is what puts them in order. */
  private now(): string {
    const last = this.queue.at(-1)?.created_at;
    return new Date(Math.max(Date.now(), last === undefined ? 0 : Date.parse(last) + 1)).toISOString();
  }
}
