import React, { forwardRef, useEffect, useState } from "react";
import { activity, compareTimestamps, type ConversationSummary, type Filter, type UseConversations } from "../client";
import { ConnectionState } from "../ui/ConnectionState";
import { Logo } from "../ui/icons";
import { relativeTime, useNow } from "../ui/time";
import { useFocusFallback } from "../ui/useFocusFallback";
import { ConversationItem } from "./ConversationItem";
import { useListKeys } from "./useListKeys";

const FILTERS: readonly { value: Filter; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "closed", label: "Closed" },
  { value: "all", label: "All" },
];

/** So many are drawn at first, and so many more at each "Show more": a team may have thousands. */
const SHOWN = 200;
const STEP = 50;

interface Props {
  directory: UseConversations;
  active: string | null;
}

export const ConversationList = forwardRef<HTMLElement, Props>(function ConversationList({ directory, active }, ref) {
  const [filter, setFilter] = useState<Filter>("all");
  const [most, setMost] = useState(SHOWN);
  const now = useNow();
  const { conversations, loading, bottom, begin, loadMore } = directory;
  const loadingMore = directory.loadingMore.has(filter);
  const found = conversations.filter((c) => (filter === "all" ? c.id === active || isDownTo(bottom, c) : c.status === filter));
  const shown = found.slice(0, most);
  const hasMore = directory.more.has(filter);
  /** The one item that Tab reaches; arrow keys go on from there. */
  const entry = shown.some((c) => c.id === active) ? active : shown[0]?.id;
  const keys = useListKeys(shown.map((c) => c.id));
  // an item that comes up is another element then; after the last "Show more" there is no such button
  const list = useFocusFallback<HTMLDivElement>((frame, lost) =>
    frame.querySelector<HTMLElement>(lost.dataset.id ? `[data-id="${lost.dataset.id}"]` : "li:last-child a") ?? frame.querySelector<HTMLElement>("li:last-child a"),
  );

  useEffect(() => {
    if (!loading) begin(filter);
  }, [loading, filter, begin]);

  function choose(value: Filter): void {
    setFilter(value);
    setMost(SHOWN);
  }

  function showMore(): void {
    setMost(most + STEP);
    if (found.length < most + STEP) void loadMore(filter);
  }

  return (
    <nav className="pane list" ref={ref} aria-label="Conversations">
      <header className="list-head">
        <div className="list-brand">
          <Logo />
          <h1>Parley</h1>
          <ConnectionState state={directory.connection} />
        </div>
        <div className="segments" role="group" aria-label="Show">
          {FILTERS.map(({ value, label }) => (
            <button key={value} type="button" aria-pressed={filter === value} onClick={() => choose(value)}>
              {label}
            </button>
          ))}
        </div>
      </header>
      <div className="list-scroll" ref={list}>
        <ul onKeyDown={moveFocus}>
          {shown.map((conversation, index) => (
            <ConversationItem
              key={keys[index]}
              conversation={conversation}
              active={conversation.id === active}
              entry={conversation.id === entry}
              when={relativeTime(activity(conversation), now)}
            />
          ))}
        </ul>
        {shown.length === 0 && (
          <div className="list-empty">
            {loading || (hasMore && loadingMore) ? (
              <p role="status">Loading…</p>
            ) : filter === "all" ? (
              <p>
                It is quiet. New conversations appear here by themselves; <a href="./">begin one</a> to try.
              </p>
            ) : (
              <p>No {filter} conversations{hasMore ? " among those loaded" : ""}.</p>
            )}
          </div>
        )}
        {(hasMore || found.length > most) && (
          <button type="button" className="older" aria-disabled={loadingMore} onClick={showMore}>
            {loadingMore ? "Loading…" : "Show more"}
          </button>
        )}
      </div>
    </nav>
  );
});

/** Those of another list that lie below would stand there without what is between. */
function isDownTo(bottom: string | null, conversation: ConversationSummary): boolean {
  return bottom === null || compareTimestamps(activity(conversation), bottom) >= 0;
}

function moveFocus(event: React.KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("a")];
  const present = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: present + 1, ArrowUp: present - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items[Math.max(0, Math.min(items.length - 1, next))]?.focus();
}
