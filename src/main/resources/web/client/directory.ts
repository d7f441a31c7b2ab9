import { ApiError } from "./api";
import { Backoff } from "./backoff";
import { Burst } from "./burst";
import { Connection, type ConnectionState } from "./connection";
import type { SessionContext } from "./conversation";
import { ReadMarks } from "./reads";
import { Shared } from "./store";
import { compareTimestamps, sortable } from "./time";
import { TypingBoard, type Typist } from "./typing";
import type { Conversation, ConversationRow, Message, Page, ServerFrame } from "./types";
import { isUuid } from "./uuid";

/** A conversation as a list shows it. */
export interface ConversationSummary extends Conversation {
  /** Whether the other side wrote since this browser read it or this side answered. */
  readonly unread: boolean;
  /** How many of those messages; null where this browser has not followed the conversation and can't tell. */
  readonly unreadCount: number | null;
  readonly typists: readonly Typist[];
}

/** Which conversations: each has a list of its own, so that an open one is found behind any number of closed ones. */
export type Filter = "all" | Conversation["status"];

export interface DirectoryView {
  readonly connection: ConnectionState;
  readonly loading: boolean;
  /** All that are here, newest activity first. */
  readonly conversations: readonly ConversationSummary[];
  /** The lists of which there is more to read. */
  readonly more: ReadonlySet<Filter>;
  /** Those of which more is being read. */
  readonly loadingMore: ReadonlySet<Filter>;
  /** The activity that the list of all goes down to for now; null when it is all of it. */
  readonly bottom: string | null;
}

const PAGE = 50;
/** As many as the service gives at once. */
const LARGE_PAGE = 200;
/** So many conversations at most are read one by one at a time. */
const AT_ONCE = 4;
const NOBODY: readonly Typist[] = [];
const FILTERS: readonly Filter[] = ["all", "open", "closed"];

/** All conversations, live: the global stream opened first, then the list read by REST, then both kept together. */
export class ConversationDirectory extends Shared<DirectoryView> {
  private readonly connection: Connection;
  private readonly known = new Map<string, Conversation>();
  /** Those whose row here is one that the stream told of. */
  private readonly told = new Set<string>();
  private readonly boards = new Map<string, TypingBoard>();
  /** Conversations being read by REST; true once a change came meanwhile, which the answer may not know of. */
  private readonly fetching = new Map<string, boolean>();
  /** Those to be read by REST when fewer are. */
  private readonly queued = new Set<string>();
  /** Conversations that are not here, and what was said last in them: it puts them above others that are. */
  private readonly wanted = new Map<string, Message>();
  /** Lists being read. */
  private reading = 0;
  /** Conversations that are not here and changed while a list was being read, which may bring them as they were before. */
  private readonly changed = new Set<string>();
  /** What was shown of a conversation, so that a list of hundreds need not be drawn again for one that changed. */
  private readonly shown = new WeakMap<Conversation, ConversationSummary>();
  private readonly deleted = new Set<string>();
  private readonly reads: ReadMarks;
  private readonly backoff = new Backoff();
  private readonly drawing = new Burst(() => this.draw());
  private position: string | null = null;
  /** Where each list that was begun goes on; null for one that is here as a whole. */
  private readonly cursors = new Map<Filter, string | null>();
  /** The activity that the loaded part of the list of all goes down to; null when it is all of it. */
  private bottom: string | null = null;
  private catchingUp = false;
  /** Counts the lists begun: an answer that belongs to an earlier one is thrown away. */
  private generation = 0;
  private loaded = false;
  private reload: ReturnType<typeof setTimeout> | undefined;
  private unfollow: () => void = () => undefined;

  constructor(private readonly context: SessionContext) {
    super({ connection: "connecting", loading: true, conversations: [], more: new Set(), loadingMore: new Set(), bottom: null });
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

  /** Makes sure that a list was begun. */
  readonly begin = (filter: Filter): void => {
    if (!this.cursors.has(filter)) void this.loadMore(filter);
  };

  readonly loadMore = async (filter: Filter): Promise<void> => {
    if (!this.hasMore(filter) || this.get().loadingMore.has(filter)) return;
    const generation = this.generation;
    this.loading(filter, true);
    try {
      let before: number;
      do {
        before = this.known.size;
        // one of a status begins where the list of all ends: what comes before is here
        const page = await this.list(PAGE, this.cursors.get(filter) ?? this.cursors.get("all") ?? null, filter);
        if (generation !== this.generation) return;
        if (filter === "all") this.endsWith(page);
        else this.cursors.set(filter, page.next);
      } while (filter !== "all" && this.known.size === before && this.hasMore(filter)); // all of that page were here
    } catch {
      // the place to ask for it stays visible
    } finally {
      if (generation === this.generation) {
        this.loading(filter, false);
        this.show();
      }
    }
  };

  private loading(filter: Filter, is: boolean): void {
    const loadingMore = new Set(this.get().loadingMore);
    if (is) loadingMore.add(filter);
    else loadingMore.delete(filter);
    this.set({ loadingMore });
  }

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
    this.set({ loadingMore: new Set() });
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
        return this.removed(frame.conversation_id, frame.id);
      case "conversation":
        return this.conversationChanged(frame.event, frame.conversation);
      case "typing":
        return this.typing(frame.conversation_id, frame);
      case "live":
        this.fetchNext();
        if (this.loaded) void this.catchUp();
        else this.load();
        return;
      case "resync":
        return this.startAfresh();
    }
  }

  private newest(message: Message): void {
    const conversation = this.known.get(message.conversation_id);
    if (conversation === undefined) return this.newestOfUnknown(message);
    if (message.seq < conversation.last_seq) return;
    if (this.fetching.has(conversation.id)) this.fetching.set(conversation.id, true);
    this.known.set(conversation.id, withLast(conversation, message));
    if (message.sender_role === this.context.sender.role || this.isPassing(conversation, message)) this.reads.pass(conversation.id, message.seq);
    this.showSoon();
  }

  /** A line of the system's says nothing to who has read all before it. */
  private isPassing(before: Conversation, message: Message): boolean {
    return message.sender_role === "system" && !this.summary(before).unread;
  }

  private newestOfUnknown(message: Message): void {
    const id = message.conversation_id;
    // dated back so far that it lies where nobody has looked yet
    if (this.bottom !== null && sortable(message.created_at) < sortable(this.bottom)) return this.elsewhere(id);
    if (message.seq >= (this.wanted.get(id)?.seq ?? 0)) this.wanted.set(id, message);
    void this.catchUp();
  }

  private updated(message: Message): void {
    const id = message.conversation_id;
    const conversation = this.known.get(id);
    if (conversation === undefined) {
      this.elsewhere(id);
      if (this.wanted.get(id)?.id === message.id) this.wanted.set(id, message);
      return;
    }
    if (this.fetching.has(id)) this.fetching.set(id, true);
    // by its id: when newer ones were deleted, its seq is less than the last one given
    if (conversation.last_message?.id !== message.id) return;
    this.known.set(id, { ...conversation, last_message: message });
    this.showSoon();
  }

  private removed(id: string, message: string): void {
    if (!this.known.has(id)) this.elsewhere(id);
    const last = this.known.get(id)?.last_message ?? this.wanted.get(id);
    if (last?.id !== message) return;
    this.wanted.delete(id);
    this.fetchInTurn(id);
  }

  private conversationChanged(event: "INSERT" | "UPDATE" | "DELETE", row: ConversationRow): void {
    if (this.fetching.has(row.id)) this.fetching.set(row.id, true);
    if (event === "INSERT") this.deleted.delete(row.id);
    if (event === "DELETE") {
      this.deleted.add(row.id);
      this.told.delete(row.id);
      this.known.delete(row.id);
      this.wanted.delete(row.id);
      this.boards.get(row.id)?.clear();
      this.boards.delete(row.id);
    } else if (this.known.has(row.id) || event === "INSERT") {
      if (event === "INSERT") this.reads.pass(row.id, 0);
      this.mergeRow(row, true);
    } else if (this.cursors.has(row.status)) {
      this.fetchInTurn(row.id); // it may lie in the part of their list that was read
    } else {
      this.elsewhere(row.id);
    }
    this.showSoon();
  }

  /** Something happened to a conversation that is not here: what is being read may not know of it yet, and what is read later does. */
  private elsewhere(id: string): void {
    if (this.fetching.has(id)) this.fetching.set(id, true);
    if (this.reading > 0) this.changed.add(id);
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
    this.cursors.clear();
    this.bottom = null;
    this.position = null;
    this.known.clear();
    this.told.clear();
    this.wanted.clear();
    this.queued.clear();
    this.deleted.clear(); // in a database put back in time they are there again
    this.set({ loading: true, loadingMore: new Set() });
  }

  private load(): void {
    clearTimeout(this.reload);
    const generation = ++this.generation;
    this.list(PAGE).then(
      (page) => {
        if (generation !== this.generation) return;
        this.backoff.reset();
        this.loaded = true;
        this.endsWith(page);
        this.set({ loading: false });
        this.show();
        void this.catchUp();
      },
      () => {
        if (generation === this.generation) this.reload = setTimeout(() => this.load(), this.backoff.next());
      },
    );
  }

  /** A page of the list, taken in unless it came too late. */
  private async list(limit: number, cursor: string | null = null, filter: Filter = "all"): Promise<Page<Conversation>> {
    const generation = this.generation;
    this.reading++;
    try {
      const page = await this.context.api.conversations({ limit, ...(cursor !== null && { cursor }), ...(filter !== "all" && { status: filter }) });
      if (generation !== this.generation) return page;
      for (const conversation of page.items) {
        const stale = this.changed.has(conversation.id);
        this.merge(conversation);
        if (stale) this.fetchInTurn(conversation.id);
      }
      return page;
    } finally {
      if (--this.reading === 0) this.changed.clear();
    }
  }

  /** The loaded part of the list of all ends with this page. */
  private endsWith({ items, next }: Page<Conversation>): void {
    this.cursors.set("all", next);
    const last = items.at(-1);
    this.bottom = next === null || last === undefined ? null : activity(last);
  }

  /**
   * Reads the conversations that came up from beyond the loaded part of the list: a few one by one, many by reading the list from its top. A job
   * that writes to thousands of them is followed with one request at a time.
   */
  private async catchUp(): Promise<void> {
    if (this.catchingUp || !this.loaded) return;
    this.catchingUp = true;
    try {
      while (this.wanted.size > 0 && this.loaded && this.held) {
        const generation = this.generation;
        const round = [...this.wanted];
        try {
          if (round.length <= AT_ONCE) await Promise.all(round.map(([id]) => this.fetch(id)));
          else await this.readDownTo(round.map(([, message]) => sortable(message.created_at)).reduce((a, b) => (a < b ? a : b)));
          this.backoff.reset();
        } catch (error) {
          if (generation !== this.generation) continue;
          if (error instanceof ApiError && error.transient) {
            await new Promise((resolve) => setTimeout(resolve, this.backoff.next()));
            continue;
          }
        }
        if (generation !== this.generation) continue;
        // what is not here now is deleted, or lies beyond the loaded part
        for (const [id, message] of round) if (this.wanted.get(id) === message) this.wanted.delete(id);
        this.showSoon();
      }
    } finally {
      this.catchingUp = false;
    }
  }

  private async readDownTo(time: string): Promise<void> {
    const generation = this.generation;
    let cursor: string | null = null;
    do {
      const page: Page<Conversation> = await this.list(LARGE_PAGE, cursor);
      if (generation !== this.generation) return;
      this.showSoon();
      const last = page.items.at(-1);
      if (last === undefined || sortable(activity(last)) < time) return;
      cursor = page.next;
    } while (cursor !== null && this.wanted.size > 0);
  }

  private async fetch(id: string): Promise<void> {
    if (this.fetching.has(id)) {
      this.fetching.set(id, true);
      return;
    }
    this.queued.delete(id);
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
      if (error instanceof ApiError && error.transient && this.held) setTimeout(() => this.fetchInTurn(id), 2_000);
      if (error instanceof ApiError && error.missing && this.known.delete(id)) this.showSoon();
    } finally {
      const stale = this.fetching.get(id);
      this.fetching.delete(id);
      if (stale) this.queued.add(id);
      this.fetchNext();
    }
  }

  /** Reads it as soon as few enough are being read. */
  private fetchInTurn(id: string): void {
    if (this.fetching.has(id)) this.fetching.set(id, true);
    else this.queued.add(id);
    this.fetchNext();
  }

  private fetchNext(): void {
    for (const id of this.queued) {
      if (!this.held || this.fetching.size >= AT_ONCE) return;
      void this.fetch(id);
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
      this.told.delete(read.id);
      this.known.set(read.id, read);
      const last = read.last_message;
      if (last?.sender_role === this.context.sender.role) this.reads.pass(read.id, last.seq);
      return this.catchUpWith(read.id);
    }
    const row = compareTimestamps(read.updated_at, present.updated_at) >= 0 ? read : present;
    if (row === read) this.told.delete(read.id);
    const tip = read.last_seq >= present.last_seq ? read : present;
    const { last_seq, last_message, last_message_at } = tip;
    this.known.set(read.id, { ...row, last_seq, last_message, last_message_at });
  }

  /** @param told by the stream, whose changes come in order, whatever their times say: another program may set them */
  private mergeRow(row: ConversationRow, told = false): void {
    const present = this.known.get(row.id) ?? { last_seq: 0, last_message: null, last_message_at: null, updated_at: "" };
    if (!(told && this.told.has(row.id)) && compareTimestamps(row.updated_at, present.updated_at) < 0) return;
    if (told) this.told.add(row.id);
    else this.told.delete(row.id);
    const { last_seq, last_message, last_message_at } = present;
    this.known.set(row.id, { ...row, last_seq, last_message, last_message_at });
    this.catchUpWith(row.id);
  }

  /** The conversation is here now: what was said in it before it was. */
  private catchUpWith(id: string): void {
    const message = this.wanted.get(id);
    this.wanted.delete(id);
    if (message !== undefined) this.newest(message);
  }

  private showSoon(): void {
    this.drawing.soon();
  }

  private show(): void {
    this.drawing.now();
  }

  private draw(): void {
    if (!this.loaded) return; // what was shown stays until the list is here
    const conversations = [...this.known.values()]
      .map((c) => ({ at: sortable(activity(c)), summary: this.summary(c) }))
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .map(({ summary }) => summary);
    this.set({ conversations, bottom: this.bottom, more: new Set(FILTERS.filter((filter) => this.hasMore(filter))) });
  }

  /** A list that was not begun has more if the one of all does. */
  private hasMore(filter: Filter): boolean {
    const cursor = this.cursors.get(filter);
    return this.cursors.get("all") !== null && cursor !== null && (cursor !== undefined || this.loaded);
  }

  private summary(conversation: Conversation): ConversationSummary {
    const answered = conversation.last_message?.sender_role === this.context.sender.role;
    const read = answered ? conversation.last_seq : this.reads.get(conversation.id);
    const last = conversation.last_message; // of last_seq the row may be deleted
    const unread = last !== null && last.seq > (read ?? 0) && !(last.sender_role === "system" && last.seq - 1 <= (read ?? 0));
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

/** When something was said in it last, or it was begun. */
export function activity(conversation: Conversation): string {
  return conversation.last_message_at ?? conversation.created_at;
}
