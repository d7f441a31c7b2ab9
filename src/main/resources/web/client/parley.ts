import { Api } from "./api";
import { Creation } from "./creation";
import { ConversationSession, type SessionContext } from "./conversation";
import { ConversationDirectory } from "./directory";
import { StreamUrls, type Sender } from "./identity";
import { unsentIn } from "./outbox";
import { Keep } from "./storage";
import { uuid } from "./uuid";

/** Sessions beyond this many that nobody holds are forgotten, the least recently asked for first. */
const MOST_SESSIONS = 20;

/**
 * The service as one person uses it from one page. Conversations that were open before stay in memory and resume exactly
 * when they are opened again.
 */
export class Parley {
  readonly api: Api;
  readonly keep = new Keep();
  private readonly context: SessionContext;
  private readonly sessions = new Map<string, ConversationSession>();
  private list: ConversationDirectory | null = null;

  /** @param base where the service lives; the page's own folder by default */
  constructor(
    readonly sender: Sender,
    base: URL = new URL(".", window.location.href),
  ) {
    this.api = new Api(base);
    this.context = { api: this.api, urls: new StreamUrls(base, sender), keep: this.keep, sender };
  }

  /**
   * Begins a conversation with its first message and returns its id at once. Both reach the service as soon as it can be
   * reached, once, even if the page is reloaded in between.
   */
  begin(first: string, about: { subject?: string; metadata?: Record<string, unknown> } = {}): string {
    const id = uuid();
    Creation.plan({ id, customer_id: this.sender.id, ...about }, this.keep);
    this.conversation(id).send(first);
    return id;
  }

  /**
   * Sees to what was left unsent in conversations that nobody looks at now, as after a reload with another one open. Each is let go once it has nothing left
   * to send.
   */
  sendUnsent(): void {
    for (const id of [...unsentIn(this.sender, this.keep)].slice(0, MOST_SESSIONS)) {
      const session = this.conversation(id);
      if (session.hasUnsent) session.hold()();
    }
  }

  conversation(id: string): ConversationSession {
    const session = this.sessions.get(id) ?? new ConversationSession(id, this.context);
    this.sessions.delete(id);
    this.sessions.set(id, session);
    for (const [oldest, idle] of this.sessions) {
      if (this.sessions.size <= MOST_SESSIONS) break;
      if (oldest !== id && !idle.held) this.sessions.delete(oldest);
    }
    return session;
  }

  directory(): ConversationDirectory {
    return (this.list ??= new ConversationDirectory(this.context));
  }
}
