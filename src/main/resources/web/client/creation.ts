import { ApiError, type Api, type NewConversation } from "./api";
import { Backoff } from "./backoff";
import type { Keep } from "./storage";

/**
 * A conversation that was begun here and that the service may not know yet. Its id is made in the browser, so creating it
 * again, after a lost answer or a reload of the page, makes one conversation.
 */
export class Creation {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private readonly backoff = new Backoff();

  private constructor(
    private readonly wanted: NewConversation & { id: string },
    private readonly api: Api,
    private readonly keep: Keep,
  ) {}

  static plan(wanted: NewConversation & { id: string }, keep: Keep): void {
    keep.write(key(wanted.id), wanted);
  }

  /** The creation still to be done for this conversation, if any. */
  static planned(id: string, api: Api, keep: Keep): Creation | null {
    const wanted = keep.read<NewConversation & { id: string }>(key(id));
    return wanted === null ? null : new Creation(wanted, api, keep);
  }

  /** Tries until the service has answered. Ends with `created`, or `refused` when trying again would not help. */
  run(created: () => void, refused: () => void): void {
    this.running = true;
    const attempt = (): void => {
      clearTimeout(this.timer);
      this.api.createConversation(this.wanted).then(
        () => this.end(created),
        (error: unknown) => {
          if (!(error instanceof ApiError) || !error.transient) return this.end(refused);
          if (this.running) this.timer = setTimeout(attempt, this.backoff.next());
        },
      );
    };
    attempt();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  private end(tell: () => void): void {
    this.keep.remove(key(this.wanted.id));
    if (this.running) tell();
    this.running = false;
  }
}

function key(id: string): string {
  return `creating.${id}`;
}
