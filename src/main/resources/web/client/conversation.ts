import { ApiError, type Api } from "./api";
import { Backoff } from "./backoff";
import { Burst } from "./burst";
import { Connection, type ConnectionState } from "./connection";
import { Creation } from "./creation";
import type { Sender, StreamUrls } from "./identity";
import { Outbox, type Outgoing } from "./outbox";
import type { Keep } from "./storage";
import { Shared } from "./store";
import { compareTimestamps } from "./time";
import { Timeline } from "./timeline";
import { TypingBoard, TypingSignal, type Typist } from "./typing";
import type { ChatMessage, Conversation, ConversationRow, Message, Page, ServerFrame } from "./types";
import { isUuid } from "./uuid";

export interface ConversationView {
  readonly connection: ConnectionState;
  /** `missing`: there is no such conversation (any more). */
  readonly history: "loading" | "ready" | "missing";
  readonly conversation: ConversationRow | null;
  /** Committed ones in rising seq, then one's own that are on their way, in the order they were written. */
  readonly messages: readonly ChatMessage[];
  readonly hasOlder: boolean;
  readonly loadingOlder: boolean;
  readonly typists: readonly Typist[];
}

export interface SessionContext {
  readonly api: Api;
  readonly urls: StreamUrls;
  readonly keep: Keep;
  readonly sender: Sender;
}

const PAGE = 50;
/** As many as the service gives at once. */
const LARGE_PAGE = 200;
/** How long after a read of the conversation that failed it is read again. */
const REREAD_MS = 5_000;

/**
 * One conversation, live: its history, its stream, one's own messages on their way, and who is typing.
 *
 * The stream is opened first and the history read once it is live, so that nothing falls between the two.
 */
export class ConversationSession extends Shared<ConversationView> {
  private readonly connection: Connection;
  private readonly timeline = new Timeline();
  private readonly outbox: Outbox;
  private readonly board: TypingBoard;
  private readonly signal: TypingSignal;
  private readonly onMessage = new Set<(message: Message) => void>();
  private readonly backoff = new Backoff();
  private readonly drawing = new Burst(() => this.draw());
  private creation: Creation | null;
  /** What was shown when the history had to be read afresh, and is until it is here: an empty log would lose the place of who reads. */
  private former: readonly ChatMessage[] = [];
  private olderCursor: string | null = null;
  /** Counts the histories begun: an answer that belongs to an earlier one is thrown away. */
  private generation = 0;
  private loaded = false;
  /** Whether the conversation's row here is one that the stream told of, and whether the next one counts however old it is. */
  private told = false;
  private anyCounts = false;
  private reload: ReturnType<typeof setTimeout> | undefined;
  private reread: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly id: string,
    private readonly context: SessionContext,
  ) {
    super({
      connection: "connecting",
      history: isUuid(id) ? "loading" : "missing",
      conversation: null,
      messages: [],
      hasOlder: false,
      loadingOlder: false,
      typists: [],
    });
    this.creation = Creation.planned(id, context.api, context.keep);
    this.board = new TypingBoard(() => this.set({ typists: this.board.typists }));
    this.connection = new Connection({
      url: () => context.urls.conversation(id, this.timeline.resumePoint),
      frame: (frame) => this.apply(frame),
      state: (state) => this.connectionChanged(state),
      ask: () => this.ask(),
      refused: () => this.startAfresh(),
    });
    this.signal = new TypingSignal(() => this.connection.send({ type: "typing" }));
    this.outbox = new Outbox(id, context.sender, context.keep, {
      transmit: (m) => this.connection.send({ type: "send", id: m.id, content: m.content }),
      doubtful: () => this.connection.doubt(),
      stalled: () => this.connection.restart(),
      changed: () => this.showSoon(),
    });
    this.show();
  }

  /** Calls `listener` once for every message that commits from now on, whoever sent it; never for history. */
  listen(listener: (message: Message) => void): () => void {
    this.onMessage.add(listener);
    return () => this.onMessage.delete(listener);
  }

  /** Shows the message at once and sees to it that it arrives once. Returns its id. */
  readonly send = (content: string): string => {
    this.signal.done();
    const id = this.outbox.add(content);
    this.drawing.finish();
    return id;
  };

  readonly retry = (id: string): void => this.outbox.retry(id);

  readonly discard = (id: string): void => this.outbox.discard(id);

  readonly typing = (): void => this.signal.stroke();

  /** Reads the page before the oldest message here. Does nothing while one is being read. */
  readonly loadOlder = async (): Promise<void> => {
    const before = this.olderCursor;
    if (before === null || this.get().loadingOlder) return;
    const generation = this.generation;
    this.set({ loadingOlder: true });
    this.timeline.expectPage();
    try {
      const page = await this.context.api.messages(this.id, { before, limit: PAGE });
      if (generation !== this.generation) return;
      this.timeline.merge(page.items);
      this.olderCursor = page.next;
    } catch {
      // the place to ask for it stays visible
    } finally {
      if (generation === this.generation) {
        this.timeline.settle();
        this.set({ loadingOlder: false });
        this.show();
      }
    }
  };

  /** Leaves all but the newest committed messages: a log that is followed for days would only ever grow. Those above can be read again. */
  readonly keepNewest = (count: number): void => {
    if (!this.loaded || this.former.length > 0 || this.get().loadingOlder) return;
    const first = this.timeline.trim(count);
    if (first === null) return;
    this.olderCursor = String(first);
    this.show();
  };

  protected start(): void {
    // as somebody may type it into the address
    if (!isUuid(this.id)) return;
    if (this.creation === null) this.connection.start();
    else this.creation.run(() => this.created(), () => this.gone());
  }

  protected override busy(): boolean {
    return this.hasUnsent;
  }

  /** Whether something of one's own still has to reach the service, be it looked at or not. */
  get hasUnsent(): boolean {
    return this.get().history !== "missing" && (this.creation !== null || this.outbox.busy);
  }

  protected stop(): void {
    this.beginReading();
    this.creation?.stop();
    this.connection.stop();
    this.board.clear();
    this.set({ loadingOlder: false });
  }

  private created(): void {
    this.creation = null;
    this.connection.start();
  }

  private apply(frame: ServerFrame): void {
    switch (frame.type) {
      case "message":
        return this.received(frame.message, frame.position);
      case "message_updated":
        this.timeline.update(frame.message, frame.position);
        return this.showSoon();
      case "message_deleted":
        this.timeline.remove(frame.id, frame.position);
        return this.showSoon();
      case "conversation":
        return this.conversationChanged(frame.event, frame.conversation, frame.position);
      case "live":
        this.timeline.live(frame.last_seq ?? 0, frame.position);
        // it is there: what said that it was gone was wrong, or it was made again
        if (this.loaded && this.get().history !== "missing") void this.readConversation();
        else this.loadHistory();
        return;
      case "position":
        return this.timeline.at(frame.position);
      case "typing":
        if (this.get().history !== "missing" && !this.isMe(frame.sender_id, frame.sender_role)) this.board.heard(frame);
        return;
      case "ack":
        return this.outbox.acknowledged(frame.id, frame.seq);
      case "error":
        this.outbox.refused(frame.id, frame.code);
        if (frame.code === "PARLEY-CONVERSATION-CLOSED") void this.readConversation();
        if (frame.code === "PARLEY-UNKNOWN-CONVERSATION") this.gone();
        return;
      case "resync":
        return this.startAfresh();
    }
  }

  private received(message: Message, position: string): void {
    const isNew = this.timeline.append(message, position);
    this.outbox.arrived(message.id);
    this.board.hide(message);
    if (!isNew) return;
    this.showSoon();
    for (const listener of [...this.onMessage]) listener(message);
  }

  private conversationChanged(event: string, row: ConversationRow, position: string): void {
    this.timeline.at(position);
    if (row.id !== this.id) return;
    if (event === "DELETE") this.gone();
    else this.adopt(row, true);
  }

  private gone(): void {
    this.beginReading(); // what is being read of it would bring it back
    this.board.clear();
    this.set({ history: "missing", loadingOlder: false });
    this.outbox.refuseAll("PARLEY-UNKNOWN-CONVERSATION");
  }

  private connectionChanged(connection: ConnectionState): void {
    this.set({ connection });
    if (connection === "live") {
      this.outbox.resume();
    } else {
      this.outbox.pause();
      this.board.clear();
    }
  }

  /** The service can't say what was missed: what is here counts for nothing, and the history is read again. */
  private startAfresh(): void {
    this.beginReading();
    if (this.loaded) this.former = this.timeline.messages.map(shown);
    this.loaded = false;
    this.anyCounts = true; // what is here may be of another history
    this.olderCursor = null;
    this.timeline.clear();
    this.set({ loadingOlder: false, history: "loading" });
    this.show();
  }

  /** Leaves what is being read, and returns the new generation. */
  private beginReading(): number {
    clearTimeout(this.reload);
    clearTimeout(this.reread);
    return ++this.generation;
  }

  private loadHistory(): void {
    const generation = this.beginReading();
    this.timeline.expectPage();
    this.readNewest().then(
      ([page, conversation]) => {
        if (generation !== this.generation) return;
        this.backoff.reset();
        this.loaded = true;
        this.former = [];
        this.timeline.merge(page.items);
        this.olderCursor = page.next;
        for (const message of page.items) this.outbox.arrived(message.id);
        this.adopt(conversation);
        this.set({ history: "ready" });
        this.show();
      },
      (error: unknown) => {
        if (generation !== this.generation) return;
        if (isMissing(error)) this.gone();
        else this.reload = setTimeout(() => this.loadHistory(), this.backoff.next());
      },
    );
  }

  /** The newest page, of as much as is shown, and the conversation. */
  private readNewest(): Promise<[Page<Message>, Conversation]> {
    return Promise.all([
      this.context.api.messages(this.id, { limit: Math.min(LARGE_PAGE, Math.max(PAGE, this.former.length)) }),
      this.context.api.conversation(this.id),
    ]);
  }

  /** What there is at the moment: all that can be shown where streams don't get through. */
  private async preview(): Promise<void> {
    const generation = this.generation;
    const [page, conversation] = await this.readNewest();
    if (generation !== this.generation) return;
    const first = page.items[0]?.seq ?? 0;
    this.former = [...this.former.filter((m) => m.seq !== null && m.seq < first), ...page.items.map(shown)];
    for (const message of page.items) this.outbox.arrived(message.id);
    this.adopt(conversation);
    this.show();
  }

  /** Asked where something says that it may have changed unheard: while the stream goes on, it tells of every change. */
  private async readConversation(): Promise<void> {
    clearTimeout(this.reread);
    const generation = this.generation;
    try {
      const conversation = await this.context.api.conversation(this.id);
      if (generation === this.generation) this.adopt(conversation);
    } catch (error) {
      if (generation !== this.generation) return;
      if (isMissing(error)) this.gone();
      else if (error instanceof ApiError && error.transient) this.reread = setTimeout(() => void this.readConversation(), REREAD_MS);
    }
  }

  /** The upgrade may be refused because the conversation is gone, of which only REST tells. */
  private async ask(): Promise<boolean> {
    try {
      if (this.loaded) await this.context.api.conversation(this.id);
      else await this.preview();
      return this.timeline.resumePoint !== null;
    } catch (error) {
      if (isMissing(error)) {
        this.connection.stop();
        this.gone();
      }
      throw error;
    }
  }

  /** Changes come in order, whatever their times say (another program may set them); between what was read and what was told the newer counts. */
  private adopt(row: ConversationRow, told = false): void {
    const present = this.get().conversation;
    if (present !== null && !(told && this.told) && !this.anyCounts && compareTimestamps(row.updated_at, present.updated_at) < 0) return;
    this.told = told;
    this.anyCounts = false;
    this.set({ conversation: row });
  }

  private isMe(senderId: string, role: string): boolean {
    return senderId === this.context.sender.id && role === this.context.sender.role;
  }

  private showSoon(): void {
    this.drawing.soon();
  }

  private show(): void {
    this.drawing.now();
  }

  private draw(): void {
    this.outbox.forget((m) => this.timeline.has(m.id) || this.timeline.covers(m.seq ?? Infinity));
    const committed = this.committed();
    const outgoing = this.outbox.messages.filter((m) => !this.timeline.has(m.id)).map((m) => this.pending(m));
    const hasOlder = this.former.length === 0 ? this.olderCursor !== null : this.get().hasOlder;
    this.set({ messages: [...committed, ...outgoing], hasOlder });
  }

  private committed(): readonly ChatMessage[] {
    const present = this.timeline.messages.map(shown);
    if (this.former.length === 0) return present;
    const before = new Set(this.former.map((m) => m.id));
    return [...this.former, ...present.filter((m) => !before.has(m.id))];
  }

  private pending(message: Outgoing): ChatMessage {
    const { sender } = this.context;
    return {
      ...message,
      conversation_id: this.id,
      sender_id: sender.id,
      sender_role: sender.role,
      metadata: {},
    };
  }
}

const views = new WeakMap<Message, ChatMessage>();

/** The same view for the same row, so that a list of thousands need not be drawn again for one more. */
function shown(message: Message): ChatMessage {
  let view = views.get(message);
  if (view === undefined) views.set(message, (view = { ...message, delivery: "sent", failure: null }));
  return view;
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.missing;
}
