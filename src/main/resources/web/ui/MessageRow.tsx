import React, { memo } from "react";
import type { ChatMessage } from "../client";
import { Flag } from "./Flag";
import { AlertIcon, CheckIcon, ClockIcon, Logo } from "./icons";
import { Linked } from "./Linked";
import { clockTime, fullTime } from "./time";

interface Props {
  message: ChatMessage;
  mine: boolean;
  /** First of several in a row by the same sender. */
  first: boolean;
  senderLabel: string;
  waiting: boolean;
  onRetry(id: string): void;
  onDiscard(id: string): void;
}

/** What a person can do about a refusal; the code itself is in the tooltip. */
const REASONS: Record<string, string> = {
  "PARLEY-CONVERSATION-CLOSED": "the conversation is closed",
  "PARLEY-UNKNOWN-CONVERSATION": "the conversation is gone",
  "PARLEY-INVALID-MESSAGE": "the service does not accept this text",
  "PARLEY-TOO-LARGE": "it is too long",
  "PARLEY-FORBIDDEN": "you may not write here",
};

export const MessageRow = memo(function MessageRow(props: Props): React.JSX.Element {
  const { message, mine, first, senderLabel, waiting, onRetry, onDiscard } = props;
  if (message.sender_role === "system") {
    return (
      <li className="system-message" data-id={message.id} dir="auto">
        <Linked text={message.content} />
      </li>
    );
  }
  return (
    <li className="message" data-mine={mine} data-first={first} data-id={message.id} data-delivery={message.delivery}>
      {!mine && (
        <span className="message-avatar" aria-hidden="true">
          {first && (message.sender_role === "admin" ? <Logo size={28} /> : <Flag id={message.sender_id} size={28} />)}
        </span>
      )}
      <div className="message-body">
        <div className="bubble">
          <span className="visually-hidden">{senderLabel}: </span>
          <span className="message-text" dir="auto">
            <Linked text={message.content} />
          </span>
          <span className="message-meta">
            <time dateTime={message.created_at} title={fullTime(message.created_at)}>
              {clockTime(message.created_at)}
            </time>
            {mine && <DeliveryMark message={message} waiting={waiting} />}
          </span>
        </div>
        {message.delivery === "failed" && (
          <div className="message-failed" role="alert" title={message.failure ?? undefined}>
            <span>Not sent{reason(message.failure)}</span>
            <button type="button" className="link" onClick={() => onRetry(message.id)}>
              Retry
            </button>
            <button type="button" className="link" onClick={() => onDiscard(message.id)}>
              Delete
            </button>
          </div>
        )}
      </div>
    </li>
  );
});

function reason(code: string | null): string {
  const known = code === null ? undefined : REASONS[code];
  return known === undefined ? "." : `: ${known}.`;
}

function DeliveryMark({ message, waiting }: { message: ChatMessage; waiting: boolean }): React.JSX.Element {
  const label =
    message.delivery === "sent" ? "Sent" : message.delivery === "failed" ? "Not sent" : waiting ? "Waiting for the connection" : "Sending";
  return (
    <span className="delivery" title={label}>
      {message.delivery === "sent" ? <CheckIcon /> : message.delivery === "failed" ? <AlertIcon /> : <ClockIcon />}
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
