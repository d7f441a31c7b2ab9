import React, { forwardRef, useState } from "react";
import type { UseConversations } from "../client";
import { ConnectionState } from "../ui/ConnectionState";
import { Logo } from "../ui/icons";
import { useNow } from "../ui/time";
import { useFocusFallback } from "../ui/useFocusFallback";
import { ConversationItem } from "./ConversationItem";
import { useListKeys } from "./useListKeys";

type Filter = "open" | "closed" | "all";

const FILTERS: readonly { value: Filter; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "closed", label: "Closed" },
  { value: "all", label: "All" },
];

interface Props {
  directory: UseConversations;
  active: string | null;
}

export const ConversationList = forwardRef<HTMLElement, Props>(function ConversationList({ directory, active }, ref) {
  const [filter, setFilter] = useState<Filter>("all");
  const now = useNow();
  const shown = directory.conversations.filter((c) => filter === "all" || c.status === filter);
  /** The one item that Tab reaches; arrow keys go on from there. */
  const entry = shown.some((c) => c.id === active) ? active : shown[0]?.id;
  const keys = useListKeys(shown.map((c) => c.id));
  // an item that comes up is another element then; after the last "Show more" there is no such button
  const list = useFocusFallback<HTMLDivElement>((frame, lost) =>
    frame.querySelector<HTMLElement>(lost.dataset.id ? `[data-id="${lost.dataset.id}"]` : "li:last-child a"),
  );

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
            <button key={value} type="button" aria-pressed={filter === value} onClick={() => setFilter(value)}>
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
              now={now}
            />
          ))}
        </ul>
        {shown.length === 0 && (
          <div className="list-empty">
            {directory.loading ? (
              <p role="status">Loading…</p>
            ) : filter === "all" ? (
              <p>
                It is quiet. New conversations appear here by themselves; <a href="./">begin one</a> to try.
              </p>
            ) : (
              <p>No {filter} conversations{directory.hasMore ? " among those loaded" : ""}.</p>
            )}
          </div>
        )}
        {directory.hasMore && (
          <button
            type="button"
            className="older"
            aria-disabled={directory.loadingMore}
            onClick={() => void directory.loadMore()}
          >
            {directory.loadingMore ? "Loading…" : "Show more"}
          </button>
        )}
      </div>
    </nav>
  );
});

function moveFocus(event: React.KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("a")];
  const present = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: present + 1, ArrowUp: present - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items[Math.max(0, Math.min(items.length - 1, next))]?.focus();
}
