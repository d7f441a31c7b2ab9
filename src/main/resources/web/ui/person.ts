import type { ConversationRow } from "../client";

/** What to call a customer: the name they gave, else a short form of their id. */
export function customerName(conversation: Pick<ConversationRow, "customer_id" | "metadata" | "id"> | null): string {
  const name = conversation?.metadata["name"];
  if (typeof name === "string" && name.trim() !== "") return name.trim().slice(0, 80);
  const id = conversation?.customer_id;
  if (!id) return "Visitor";
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(id) ? `Visitor ${id.slice(0, 4).toUpperCase()}` : id.slice(0, 80);
}
