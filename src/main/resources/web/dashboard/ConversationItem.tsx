import React, { memo } from "react";
import { activity, type ConversationSummary } from "../client";
import { Flag } from "../ui/Flag";
import { customerName } from "../ui/person";
import { fullTime } from "../ui/time";

interface Props {
  conversation: ConversationSummary;
  active: boolean;
  /** The item that Tab reaches. */
  entry: boolean;
  /** How long ago, in words: they change less often than the time, and it is drawn again only when they do. */
  when: string;
}

export const ConversationItem = memo(function ConversationItem(props: Props): React.JSX.Element {
  const { conversation, active, entry, when } = props;
  const at = activity(conversation);
  const typing = conversation.typists.some((t) => t.sender_role === "customer");
  const unread = conversation.unread && !active;
  return (
    <li>
      <a
        href={`#${conversation.id}`}
        className="item"
        data-id={conversation.id}
        data-unread={unread}
        aria-current={active ? "true" : undefined}
        tabIndex={entry ? 0 : -1}
      >
        <Flag id={conversation.customer_id ?? conversation.id} />
        <span className="item-main">
          <span className="item-line">
            <span className="item-name" dir="auto">{customerName(conversation)}</span>
            <time dateTime={at} title={fullTime(at)}>
              {when}
            </time>
          </span>
          <span className="item-line">
            <span className="item-preview" dir="auto" data-typing={typing}>
              {typing ? "typing…" : preview(conversation)}
            </span>
            {conversation.status === "closed" && <span className="badge">closed</span>}
            {unread && <UnreadMark count={conversation.unreadCount} />}
          </span>
        </span>
      </a>
    </li>
  );
});

function UnreadMark({ count }: { count: number | null }): React.JSX.Element {
  return (
    <span className="unread" data-count={count !== null}>
      {count !== null && <span aria-hidden="true">{count > 99 ? "99+" : count}</span>}
      <span className="visually-hidden">{count === null ? "unread" : `${count} unread`}</span>
    </span>
  );
}

function preview({ last_message, subject }: ConversationSummary): string {
  if (last_message === null) return subject ?? "No messages yet";
  return `${last_message.sender_role === "admin" ? "You: " : ""}${last_message.content.slice(0, 200)}`;
}
