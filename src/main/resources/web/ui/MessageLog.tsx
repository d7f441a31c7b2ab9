import React, { memo, useEffect, useRef } from "react";
import type { ChatMessage, UseConversation } from "../client";
import { Announcer } from "./Announcer";
import { DownIcon } from "./icons";
import { MessageRow } from "./MessageRow";
import { dayLabel, sameDay, useNow } from "./time";
import { useFocusFallback } from "./useFocusFallback";
import { useLogScroll } from "./useLogScroll";

/** Messages of one sender this close together are one group. */
const GROUP_MS = 5 * 60_000;
/** Who follows a conversation at its bottom keeps so many messages at most; as they become more, the older half goes. */
const MOST = 800;

interface Props {
  chat: UseConversation;
  isMine(message: ChatMessage): boolean;
  senderLabel(message: ChatMessage): string;
  /** Said when there is no message yet. */
  empty: string;
}

/** With properties that stay the same it is drawn again for what happens in its conversation alone. */
export const MessageLog = memo(function MessageLog({ chat, isMine, senderLabel, empty }: Props): React.JSX.Element {
  const log = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const now = useNow();
  const { messages, hasOlder, loadOlder, keepNewest } = chat;
  const { atBottom, seen, onScroll, toBottom } = useLogScroll(log, list, { messages, hasOlder, loadOlder });
  const unseen = atBottom ? 0 : messages.filter((m) => (m.seq ?? 0) > seen.current && !isMine(m)).length;
  const waiting = chat.connection !== "live";
  const frame = useFocusFallback<HTMLDivElement>(() => log.current);

  useEffect(() => {
    if (atBottom && messages.length > MOST) keepNewest(MOST / 2);
  }, [atBottom, messages.length, keepNewest]);

  return (
    <div className="log-frame" ref={frame}>
      <div className="log" ref={log} onScroll={onScroll} tabIndex={0} role="region" aria-label="Messages">
        {chat.hasOlder && (
          // not disabled while it works: that would take the focus from whoever pressed it by keyboard
          <button type="button" className="older" aria-disabled={chat.loadingOlder} onClick={() => void loadOlder()}>
            {chat.loadingOlder ? "Loading…" : "Show earlier messages"}
          </button>
        )}
        {messages.length === 0 && <div className="log-empty">{chat.history === "loading" ? <Skeleton /> : <p>{empty}</p>}</div>}
        <ol className="messages" ref={list}>
          {messages.map((message, index) => {
            const previous = messages[index - 1];
            const newDay = previous === undefined || !sameDay(previous.created_at, message.created_at);
            return (
              <React.Fragment key={message.id}>
                {newDay && (
                  <li className="day">
                    <span>{dayLabel(message.created_at, now)}</span>
                  </li>
                )}
                <MessageRow
                  message={message}
                  mine={isMine(message)}
                  first={newDay || !sameGroup(previous!, message)}
                  senderLabel={senderLabel(message)}
                  waiting={waiting && message.delivery === "sending"}
                  onRetry={chat.retry}
                  onDiscard={chat.discard}
                />
              </React.Fragment>
            );
          })}
        </ol>
      </div>
      <Announcer chat={chat} isMine={isMine} senderLabel={senderLabel} />
      {!atBottom && messages.length > 0 && (
        <button type="button" className="to-bottom" onClick={toBottom} data-unseen={unseen > 0}>
          {unseen > 0 && <span>{unseen === 1 ? "1 new message" : `${unseen} new messages`}</span>}
          <DownIcon />
          {unseen === 0 && <span className="visually-hidden">To the newest message</span>}
        </button>
      )}
    </div>
  );
});

function sameGroup(a: ChatMessage, b: ChatMessage): boolean {
  return (
    a.sender_id === b.sender_id &&
    a.sender_role === b.sender_role &&
    Math.abs(Date.parse(b.created_at) - Date.parse(a.created_at)) < GROUP_MS
  );
}

function Skeleton(): React.JSX.Element {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading messages…</span>
      <i />
      <i />
      <i />
    </div>
  );
}
