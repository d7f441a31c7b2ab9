import { Backoff } from "./backoff";
import { whole, wholeRow, type ClientFrame, type ServerFrame } from "./types";

/**
 * Where a stream stands.
 *
 * - `connecting`: the first attempt has not come through yet
 * - `live`: everything up to now has been delivered, and what commits arrives
 * - `reconnecting`: it was live and is coming back; nothing will be missed
 * - `offline`: as `reconnecting`, and the browser says that there is no network
 * - `closed`: over, by choice or because the service said "do not come back"
 */
export type ConnectionState = "connecting" | "live" | "reconnecting" | "offline" | "closed";

export interface ConnectionHandler {
  /** Asked before every attempt, so that it can name the point to resume from. */
  url(): URL;
  /** Every frame, in order. */
  frame(frame: ServerFrame): void;
  state(state: ConnectionState): void;
  /**
   * Attempts keep ending before they are open: unreachable, or refused at the upgrade (a browser cannot tell which). Asks by REST, and says
   * whether there is a resume point that may be to blame; rejects where there is no answer.
   */
  ask(): Promise<boolean>;
  /** An attempt that was begun after such an answer was refused too: this service does not understand the resume point. */
  refused(): void;
}

/** After this long without a frame the server is asked for a sign of life: the browser hides its pings from us. */
const SILENCE_MS = 20_000;
const PROBE_MS = 8_000;
/** On waking up or losing the network one wants to know sooner. */
const QUICK_PROBE_MS = 3_000;
const CONNECT_MS = 10_000;
const CHECK_MS = 1_000;
/** Examined this long ago, the page slept: the path may be dead, and who looks at the page again should not have to wait for it. */
const SLEPT_MS = 5_000;
/** Live for this long counts as success: a server that accepts and drops at once must not be hammered. */
const STABLE_MS = 5_000;
/** So many failures in a row are worth a question by REST. */
const ASK_AFTER = 4;
/** The code of a socket that was given up here, not closed by the other side. */
const GIVEN_UP = 0;

/** One stream that comes back by itself. All calls and callbacks happen on the page's own thread. */
export class Connection {
  private socket: WebSocket | null = null;
  private current: ConnectionState = "closed";
  private wasLive = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private check: ReturnType<typeof setInterval> | undefined;
  private openedAt = 0;
  private liveAt = 0;
  private heardAt = 0;
  private examinedAt = 0;
  private probeUntil: number | null = null;
  private asking = false;
  /** The present attempt was begun after REST had answered: if it is refused, that is not for want of a service. */
  private decisive = false;
  private readonly backoff = new Backoff();

  constructor(private readonly handler: ConnectionHandler) {}

  get state(): ConnectionState {
    return this.current;
  }

  start(): void {
    if (this.check !== undefined) return;
    this.examinedAt = Date.now();
    this.check = setInterval(this.examine, CHECK_MS);
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.networkLost);
    window.addEventListener("pageshow", this.wake);
    document.addEventListener("visibilitychange", this.seen);
    this.backoff.reset();
    this.attempt();
  }

  stop(): void {
    clearInterval(this.check);
    this.check = undefined;
    clearTimeout(this.retry);
    this.retry = undefined;
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.networkLost);
    window.removeEventListener("pageshow", this.wake);
    document.removeEventListener("visibilitychange", this.seen);
    this.abandon();
    this.wasLive = false;
    this.become("closed");
  }

  /** Hands a frame to the socket. False, and nothing sent, unless the stream is live. */
  send(frame: ClientFrame): boolean {
    if (this.current !== "live" || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Gives up the present socket, if any, and connects again at once. */
  restart(): void {
    if (this.check === undefined) return;
    this.abandon();
    this.attempt();
  }

  /** Something that should have come has not: asks for a sign of life, and connects again if there is none. */
  doubt(): void {
    this.probe(QUICK_PROBE_MS);
  }

  private attempt(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    this.become(this.pending());
    const socket = new WebSocket(this.handler.url());
    this.socket = socket;
    this.openedAt = 0;
    this.decisive = false;
    this.heardAt = Date.now();
    this.probeUntil = null;
    socket.onopen = () => {
      this.openedAt = this.heardAt = Date.now();
    };
    socket.onmessage = (event) => this.heard(event.data);
    socket.onclose = (event) => this.lost(event.code);
  }

  private heard(data: unknown): void {
    this.heardAt = Date.now();
    this.probeUntil = null;
    const frame = parse(data);
    if (frame === null) return;
    if (frame.type === "resync" && this.current === "live") this.become(this.pending());
    this.handler.frame(frame);
    if (frame.type === "live" && this.socket !== null) {
      this.wasLive = true;
      this.liveAt = Date.now();
      this.become("live");
    }
  }

  private lost(code: number): void {
    const opened = this.openedAt > 0;
    const stable = this.current === "live" && Date.now() - this.liveAt > STABLE_MS;
    this.abandon();
    if (code >= 4100 && code <= 4199) {
      this.stop();
      return;
    }
    if (stable) this.backoff.reset();
    this.retry = setTimeout(() => this.attempt(), this.backoff.next());
    this.become(this.pending());
    if (opened) return;
    if (this.decisive && code !== GIVEN_UP) this.handler.refused();
    else if (this.backoff.failures >= ASK_AFTER) void this.ask();
  }

  /** An upgrade that fails while REST answers is a refusal; what failed before the answer may only have come too early, so one more decides. */
  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      if (!(await this.handler.ask()) || this.socket?.readyState === WebSocket.OPEN) return;
      this.restart();
      this.decisive = this.socket !== null;
    } catch {
      // not reachable at all: the resume point is not to blame
    } finally {
      this.asking = false;
    }
  }

  /** A socket on a dead path may take minutes to report its close: stop listening to it instead of waiting. */
  private abandon(): void {
    const socket = this.socket;
    if (socket === null) return;
    this.socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000, "replaced");
  }

  private readonly examine = (): void => {
    const now = Date.now();
    const slept = now - this.examinedAt > SLEPT_MS;
    this.examinedAt = now;
    const socket = this.socket;
    if (socket === null) return;
    this.notAfter(now);
    if (socket.readyState === WebSocket.CLOSED) {
      this.lost(GIVEN_UP); // and nothing has told of it
    } else if (socket.readyState === WebSocket.CONNECTING) {
      if (now - this.heardAt > CONNECT_MS) this.lost(GIVEN_UP);
    } else if (slept && document.visibilityState === "visible") {
      this.probeUntil = null; // an answer may have come in meanwhile and not been read yet
      this.probe(QUICK_PROBE_MS);
    } else if (this.probeUntil !== null) {
      if (now > this.probeUntil) this.lost(GIVEN_UP);
    } else if (now - this.heardAt > SILENCE_MS) {
      this.probe(PROBE_MS);
    }
  };

  /** A clock that was set back must not make a silence last as much longer. */
  private notAfter(now: number): void {
    if (now < this.heardAt) this.heardAt = now;
    if (this.probeUntil !== null) this.probeUntil = Math.min(this.probeUntil, now + PROBE_MS);
  }

  private probe(patienceMs: number): void {
    const until = Date.now() + patienceMs;
    if (this.probeUntil !== null) {
      this.probeUntil = Math.min(this.probeUntil, until);
      return;
    }
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.probeUntil = until;
    this.socket.send(JSON.stringify({ type: "ping" } satisfies ClientFrame));
  }

  private readonly seen = (): void => {
    if (document.visibilityState === "visible") this.wake();
  };

  private readonly wake = (): void => {
    if (this.socket !== null) return this.probe(QUICK_PROBE_MS);
    this.backoff.reset(); // what failed before says nothing of now
    this.attempt();
  };

  /** The browser may be wrong about the network (a service on the same machine is still there), so ask. */
  private readonly networkLost = (): void => {
    if (this.socket === null) this.become(this.pending());
    else this.probe(QUICK_PROBE_MS);
  };

  private pending(): ConnectionState {
    if (!navigator.onLine) return "offline";
    return this.wasLive ? "reconnecting" : "connecting";
  }

  private become(state: ConnectionState): void {
    if (state === this.current) return;
    this.current = state;
    this.handler.state(state);
  }
}

function parse(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && "type" in frame ? complete(frame as ServerFrame) : null;
  } catch {
    return null;
  }
}

function complete(frame: ServerFrame): ServerFrame {
  if (frame.type === "conversation") return { ...frame, conversation: wholeRow(frame.conversation) };
  return frame.type === "message" || frame.type === "message_updated" ? { ...frame, message: whole(frame.message) } : frame;
}
