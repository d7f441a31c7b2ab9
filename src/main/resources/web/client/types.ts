/** What travels between the browser and the service. Field names are the column names of the tables. */

export type Role = "customer" | "admin" | "system";

/** A committed message: `seq` rises by conversation, `id` was chosen by whoever sent it. */
export interface Message {
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly sender_id: string;
  readonly sender_role: Role;
  readonly content: string;
  /** ISO 8601 with an offset and up to six fraction digits. */
  readonly created_at: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A row of `conversations`, as change frames carry it. */
export interface ConversationRow {
  readonly id: string;
  readonly subject: string | null;
  readonly customer_id: string | null;
  readonly status: "open" | "closed";
  readonly created_at: string;
  readonly updated_at: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A conversation as REST gives it: the row and where its messages stand. */
export interface Conversation extends ConversationRow {
  readonly last_seq: number;
  readonly last_message_at: string | null;
  readonly last_message: Message | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it on to get the next page; null at the end. */
  readonly next: string | null;
}

/** Opaque to the browser: kept and handed back, never looked into. */
export type Position = string;

export type ServerFrame =
  | { type: "message"; message: Message; position: Position }
  | { type: "message_updated"; message: Message; position: Position }
  | { type: "message_deleted"; id: string; conversation_id: string; position: Position }
  | { type: "conversation"; event: "INSERT" | "UPDATE" | "DELETE"; conversation: ConversationRow; position: Position }
  | { type: "live"; last_seq?: number; position: Position }
  | { type: "position"; position: Position }
  | { type: "typing"; conversation_id: string; sender_id: string; sender_role: Role }
  | { type: "ack"; id: string; seq: number; duplicate: boolean }
  | { type: "error"; code: string; message: string; id?: string }
  | { type: "resync"; reason: string }
  | { type: "pong" };

export type ClientFrame =
  | { type: "send"; id: string; content: string; metadata?: Record<string, unknown>; conversation_id?: string }
  | { type: "typing"; conversation_id?: string }
  | { type: "ping" };

/** How far a message of one's own has come. `sent` rows are committed. */
export type Delivery = "sending" | "sent" | "failed";

/** A message as a page shows it: committed, or one's own on its way. */
export interface ChatMessage extends Omit<Message, "seq"> {
  /** Null until the service has numbered it. */
  readonly seq: number | null;
  readonly delivery: Delivery;
  /** Why it failed, as a stable code; null unless `failed`. */
  readonly failure: string | null;
}

/** The longest message the service takes by default, in Unicode code points. */
export const MAX_CONTENT = 16_384;

/** Length as the service counts it: code points, not UTF-16 units. */
export function contentLength(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** A message of many megabytes, which only another program can write, comes without its large values. */
export function whole(message: Message): Message {
  return { ...MISSING, ...message, metadata: message.metadata ?? {} };
}

/** The same for a conversation; another program may have none at all for metadata. */
export function wholeRow<T extends ConversationRow>(row: T): T {
  return { ...row, metadata: row.metadata ?? {} };
}

/** The same for a conversation and its last message. */
export function wholeConversation(conversation: Conversation): Conversation {
  const last = conversation.last_message ?? null;
  return { ...wholeRow(conversation), last_message: last && whole(last) };
}

const MISSING = { content: "(This message is too large to be shown.)" };
