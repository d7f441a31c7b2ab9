import type { ChatMessage } from "../client";

/** Whether the customer said it, on whichever of their devices. */
export function isMine(message: ChatMessage): boolean {
  return message.sender_role === "customer";
}

/** Who said it, as the customer calls them. */
export function senderLabel(message: ChatMessage): string {
  return isMine(message) ? "You" : "Support";
}
