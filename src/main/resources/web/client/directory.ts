import { ApiError } from "./api";
import { Backoff } from "./backoff";
import { Burst } from "./burst";
import { Connection, type ConnectionState } from "./connection";
import type { SessionContext } from "./conversation";
import { ReadMarks } from "./reads";
import { Shared } from "./store";
import { compareTimestamps, sortable } from "./time";
import { TypingBoard, type Typist } from "./typing";
import type { Conversation, ConversationRow, Message, ServerFrame } from "./types";
import { isUuid } from "./uuid";

/** A conversation as a list shows it. */
export interface ConversationSummary extends Conversation {
  /** Whether the other side wrote since this browser read it or this side answered. */
  readonly unread: boolean;
  /** How many of those messages; null where this browser has not followed the conversation and can't tell. */
  readonly unreadCount: number | null;
  readonly typists: readonly Typist[];
}

export interface DirectoryView {
  readonly connection: ConnectionState;
  readonly loading: boolean;
  /** Newest activity first. */
  readonly conversations: readonly ConversationSummary[];
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
}

const PAGE = 50;
const NOBODY: readonly Typist[] = [];

/** All conversations, live: the global stream opened first, then the list read by REST, then both kept together. */
export class ConversationDirectory extends Shared<DirectoryView> {
  private readonly connection: Connection;
  private readonly known = new Map<string, Conversation>();
  private readonly boards = new Map<string, TypingBoard>();
  /** Conversations being read by REST; true once a change came meanwhile, which the answer may not know of. */
  private readonly fetching = new Map<string, boolean>();
  /** What was shown of a conversation, so that a list of hundreds need not be drawn again for one that changed. */
  private readonly shown = new WeakMap<Conversation, ConversationSummary>();
  private readonly deleted = new Set<string>();
  private readonly reads: ReadMarks;
  private readonly backoff = new Backoff();
  private readonly drawing = new Burst(() => this.draw());
  private position: string | null = null;
  private cursor: string | null = null;
  /** Counts the lists begun: an answer that belongs to an earlier one is thrown away. */
  private generation = 0;
  private loaded = false;
  private reload: ReturnType<typeof setTimeout> | undefined;
  private unfollow: () => void = () => undefined;

  constructor(private readonly context: SessionContext) {
    super({ connection: "connecting", loading: true, conversations: [], hasMore: false, loadingMore: false });
    this.reads = new ReadMarks(context.keep);
    this.connection = new Connection({
      url: () => context.urls.feed(this.position),
      frame: (frame) => this.apply(frame),
      state: (connection) => {
        this.set({ connection });
        if (connection !== "live") this.boards.forEach((board) => board.clear());
      },
      ask: () => this.ask(),
      refused: () => this.startAfresh(),
    });
  }

  readonly loadMore = async (): Promise<void> => {
    const cursor = this.cursor;
    if (cursor === null || this.get().loadingMore) return;
    const generation = this.generation;
    this.set({ loadingMore: true });
    try {
      const page = await this.context.api.conversations({ cursor, limit: PAGE });
      if (generation !== this.generation) return;
      page.items.forEach((c) => this.merge(c));
      this.cursor = page.next;
    } catch {
      // the place to ask for it stays visible
    } finally {
      if (generation === this.generation) {
        this.set({ loadingMore: false });
        this.show();
      }
    }
  };

  /** Closes or reopens. Rejects with an `ApiError`; the list changes as soon as it is done. */
  readonly setStatus = async (id: string, status: "open" | "closed"): Promise<void> => {
    this.mergeRow(await this.context.api.setStatus(id, status));
    this.show();
  };

  /** All there is so far in this conversation has been seen. */
  readonly markRead = (id: string): void => {
    const conversation = this.known.get(id);
    if (conversation !== undefined && this.reads.advance(id, conversation.last_seq)) this.show();
  };

  /** Makes sure of a conversation that may lie beyond the part of the list that was loaded. */
  readonly want = (id: string): void => {
    if (isUuid(id) && !this.known.has(id)) void this.fetch(id);
  };

  protected start(): void {
    this.unfollow = this.reads.follow(() => this.show());
    this.connection.start();
  }

  protected stop(): void {
    clearTimeout(this.reload);
    this.drawing.finish(); // the stream will go on behind it
    this.unfollow();
    this.generation++;
    this.connection.stop();
    this.boards.forEach((board) => board.clear());
    this.set({ loadingMore: false });
  }

  private apply(frame: ServerFrame): void {
    if ("position" in frame) this.position = frame.position;
    switch (frame.type) {
      case "message":
        this.boards.get(frame.message.conversation_id)?.hide(frame.message);
        return this.newest(frame.message);
      case "message_updated":
        return this.updated(frame.message);
      case "message_deleted":
        if (this.known.get(frame.conversation_id)?.last_message?.id === frame.id) void this.fetch(frame.conversation_id);
        return;
      case "conversation":
        return this.conversationChanged(frame.event, frame.conversation);
      case "typing":
        return this.typing(frame.conversation_id, frame);
      case "live":
        if (!this.loaded) this.load();
        return;
      case "resync":
        return this.startAfresh();
    }
  }

  private newest(message: Message): void {
    const conversation = this.known.get(message.conversation_id);
    if (conversation === undefined) {
      // the message may come before the conversation that was made together with it
      void this.fetch(message.conversation_id);
      return;
    }
    if (message.seq < conversation.last_seq) return;
    if (this.fetching.has(conversation.id)) this.fetching.set(conversation.id, true);
    this.known.set(conversation.id, withLast(conversation, message));
    if (message.sender_role === this.context.sender.role) this.reads.pass(conversation.id, message.seq);
    this.showSoon();
  }

  private updated(message: Message): void {
    const conversation = this.known.get(message.conversation_id);
    if (conversation === undefined) {
      void this.fetch(message.conversation_id);
      return;
    }
    if (this.fetching.has(conversation.id)) this.fetching.set(conversation.id, true);
    // by its id: when newer ones were deleted, its seq is less than the last one given
    if (conversation.last_message?.id !== message.id) return;
    this.known.set(conversation.id, { ...conversation, last_message: message });
    this.showSoon();
  }

  private conversationChanged(event: "INSERT" | "UPDATE" | "DELETE", row: ConversationRow): void {
    if (this.fetching.has(row.id)) this.fetching.set(row.id, true);
    if (event === "INSERT") this.deleted.delete(row.id);
    if (event === "DELETE") {
      this.deleted.add(row.id);
      this.known.delete(row.id);
      this.boards.get(row.id)?.clear();
      this.boards.delete(row.id);
    } else if (this.known.has(row.id) || event === "INSERT") {
      if (event === "INSERT") this.reads.pass(row.id, 0);
      this.mergeRow(row);
    } else {
      void this.fetch(row.id);
    }
    this.showSoon();
  }

  private typing(id: string, typist: Typist): void {
    if (typist.sender_id === this.context.sender.id && typist.sender_role === this.context.sender.role) return;
    let board = this.boards.get(id);
    if (board === undefined) this.boards.set(id, (board = new TypingBoard(() => this.showSoon())));
    board.heard({ sender_id: typist.sender_id, sender_role: typist.sender_role });
  }

  private startAfresh(): void {
    this.generation++;
    clearTimeout(this.reload);
    this.loaded = false;
    this.cursor = null;
    this.position = null;
    this.known.clear();
    this.deleted.clear(); // in a database put back in time they are there again
    this.set({ loading: true, loadingMore: false });
  }

  private load(): void {
    clearTimeout(this.reload);
    const generation = ++this.generation;
    this.context.api.conversations({ limit: PAGE }).then(
      (page) => {
        if (generation !== this.generation) return;
        this.backoff.reset();
        this.loaded = true;
        page.items.forEach((c) => this.merge(c));
        this.cursor = page.next;
        this.set({ loading: false });
        this.show();
      },
      () => {
        if (generation === this.generation) this.reload = setTimeout(() => this.load(), this.backoff.next());
      },
    );
  }

  private async fetch(id: string): Promise<void> {
    if (this.fetching.has(id)) {
      this.fetching.set(id, true);
      return;
    }
    this.fetching.set(id, false);
    const generation = this.generation;
    try {
      const conversation = await this.context.api.conversation(id);
      if (generation !== this.generation) return;
      // asked because what is here is not right any more, so the answer replaces it
      this.known.delete(id);
      this.merge(conversation);
      this.showSoon();
    } catch (error) {
      if (error instanceof ApiError && error.transient && this.held) setTimeout(() => void this.fetch(id), 2_000);
      if (error instanceof ApiError && error.status === 404 && this.known.delete(id)) this.showSoon();
    } finally {
      const stale = this.fetching.get(id);
      this.fetching.delete(id);
      if (stale && this.held) void this.fetch(id);
    }
  }

  private async ask(): Promise<boolean> {
    if (this.position === null) return false;
    await this.context.api.conversations({ limit: 1 });
    return true;
  }

  /** A conversation by REST and what the stream said about it meanwhile: of each half the newer counts. */
  private merge(read: Conversation): void {
    if (this.deleted.has(read.id)) return; // asked for before it was
    const present = this.known.get(read.id);
    if (present === undefined) {
      this.known.set(read.id, read);
      const last = read.last_message;
      if (last?.sender_role === this.context.sender.role) this.reads.pass(read.id, last.seq);
      return;
    }
    const row = compareTimestamps(read.updated_at, present.updated_at) >= 0 ? read : present;
    const tip = read.last_seq >= present.last_seq ? read : present;
    const { last_seq, last_message, last_message_at } = tip;
    this.known.set(read.id, { ...row, last_seq, last_message, last_message_at });
  }

  private mergeRow(row: ConversationRow): void {
    const present = this.known.get(row.id) ?? { last_seq: 0, last_message: null, last_message_at: null, updated_at: "" };
    if (compareTimestamps(row.updated_at, present.updated_at) < 0) return;
    const { last_seq, last_message, last_message_at } = present;
    this.known.set(row.id, { ...row, last_seq, last_message, last_message_at });
  }

  private showSoon(): void {
    this.drawing.soon();
  }

  private show(): void {
    this.drawing.now();
  }

  private draw(): void {
    const conversations = [...this.known.values()]
      .map((c) => ({ at: sortable(activity(c)), summary: this.summary(c) }))
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .map(({ summary }) => summary);
    this.set({ conversations, hasMore: this.cursor !== null });
  }

  private summary(conversation: Conversation): ConversationSummary {
    const answered = conversation.last_message?.sender_role === this.context.sender.role;
    const read = answered ? conversation.last_seq : this.reads.get(conversation.id);
    const unread = conversation.last_seq > (read ?? 0);
    const unreadCount = read === undefined ? null : Math.max(0, conversation.last_seq - read);
    const typists = this.boards.get(conversation.id)?.typists ?? NOBODY;
    const before = this.shown.get(conversation);
    if (before !== undefined && before.unread === unread && before.unreadCount === unreadCount && before.typists === typists) return before;
    const summary = { ...conversation, unread, unreadCount, typists };
    this.shown.set(conversation, summary);
    return summary;
  }
}

function withLast(conversation: Conversation, message: Message): Conversation {
  return { ...conversation, last_seq: message.seq, last_message: message, last_message_at: message.created_at };
}

function activity(conversation: Conversation): string {
  return conversation.last_message_at ?? conversation.created_at;
}
