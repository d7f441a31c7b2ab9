import type { Role } from "./types";

/** Who speaks. With open access the browser says so itself. */
export interface Sender {
  readonly id: string;
  readonly role: Role;
}

/** Addresses of the service's streams. */
export class StreamUrls {
  constructor(
    private readonly base: URL,
    private readonly sender: Sender,
  ) {}

  conversation(id: string, resume: { after: number; position: string | null } | null): URL {
    const url = this.stream(`ws/conversations/${encodeURIComponent(id)}`);
    if (resume !== null) {
      url.searchParams.set("after", String(resume.after));
      if (resume.position !== null) url.searchParams.set("position", resume.position);
    }
    return url;
  }

  feed(after: string | null): URL {
    const url = this.stream("ws/feed");
    if (after !== null) url.searchParams.set("after", after);
    return url;
  }

  private stream(path: string): URL {
    const url = new URL(path, this.base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("sender_id", this.sender.id);
    url.searchParams.set("sender_role", this.sender.role);
    return url;
  }
}
