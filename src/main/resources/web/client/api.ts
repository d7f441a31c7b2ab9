import { whole, wholeConversation, type Conversation, type Message, type Page } from "./types";

/** An answer of the service that is not a success, or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** The stable code, `PARLEY-…`; `PARLEY-UNREACHABLE` when there was no answer. */
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Whether the same request may well succeed later; what a proxy says while the service is away (some say 404) is not the service's word. */
  get transient(): boolean {
    return !this.code.startsWith("PARLEY-") || this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the service says that there is no such conversation. */
  get missing(): boolean {
    return this.code === "PARLEY-UNKNOWN-CONVERSATION";
  }
}

export interface NewConversation {
  id?: string;
  customer_id: string;
  subject?: string;
  metadata?: Record<string, unknown>;
}

const TIMEOUT_MS = 10_000;

/** The REST side of the service. Every call rejects with an {@link ApiError} and nothing else. */
export class Api {
  /** @param base where the service lives, with a slash at its end */
  constructor(
    private readonly base: URL,
    private readonly headers: () => Record<string, string> = () => ({}),
  ) {}

  async createConversation(body: NewConversation): Promise<Conversation> {
    return wholeConversation(await this.call<Conversation>("POST", "api/conversations", body));
  }

  async conversation(id: string): Promise<Conversation> {
    return wholeConversation(await this.call<Conversation>("GET", `api/conversations/${encodeURIComponent(id)}`));
  }

  /** Newest activity first. */
  async conversations(options: { limit?: number; cursor?: string; status?: "open" | "closed" } = {}): Promise<Page<Conversation>> {
    const page = await this.call<Page<Conversation>>("GET", `api/conversations${query(options)}`);
    return { ...page, items: page.items.map(wholeConversation) };
  }

  async setStatus(id: string, status: "open" | "closed"): Promise<Conversation> {
    return wholeConversation(await this.call<Conversation>("PATCH", `api/conversations/${encodeURIComponent(id)}`, { status }));
  }

  /** In rising `seq`; without `before` the newest page. */
  async messages(id: string, options: { before?: string; limit?: number } = {}): Promise<Page<Message>> {
    const page = await this.call<Page<Message>>("GET", `api/conversations/${encodeURIComponent(id)}/messages${query(options)}`);
    return { ...page, items: page.items.map(whole) };
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const init: RequestInit = { method, cache: "no-store", signal: abort.signal };
      init.headers = { Accept: "application/json", ...this.headers() };
      if (body !== undefined) {
        init.headers = { ...init.headers, "Content-Type": "application/json" };
        init.body = JSON.stringify(body);
      }
      const response = await fetch(new URL(path, this.base), init);
      if (!response.ok) throw await problem(response);
      return (await response.json()) as T;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(0, "PARLEY-UNREACHABLE", "The service did not answer.");
    } finally {
      clearTimeout(timer);
    }
  }
}

async function problem(response: Response): Promise<ApiError> {
  let body: { code?: unknown; detail?: unknown; title?: unknown } = {};
  try {
    body = await response.json();
  } catch {
    // a proxy's error page: the status says enough
  }
  const code = typeof body?.code === "string" ? body.code : `HTTP-${response.status}`;
  const detail = body?.detail ?? body?.title;
  return new ApiError(response.status, code, typeof detail === "string" ? detail : response.statusText);
}

function query(options: Record<string, string | number | undefined>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.length ? `?${new URLSearchParams(given.map(([k, v]) => [k, String(v)]))}` : "";
}
