/**
 * Conversations and their messages: the tables, the REST interface and the writer.
 *
 * <p>What it promises:
 * <ul>
 * <li>What is answered with 2xx is committed; a message is answered only when it is flushed.</li>
 * <li>Creating a conversation or a message again with the same id yields the row that is there; an id that belongs to something else is a
 * conflict that tells nothing of it.</li>
 * <li>Rows look the same wherever they are read: the JSON is made by PostgreSQL, times in UTC.</li>
 * <li>Every error is {@code application/problem+json} with a {@link dev.parley.conversation.ErrorCode}.</li>
 * <li>Untrusted input goes through {@link dev.parley.conversation.MessageRules} and {@link dev.parley.conversation.StrictJson}, from whatever
 * door it comes. What they let through, PostgreSQL takes.</li>
 * <li>Usual messages are stored, numbered and logged by one statement; what is not usual a second call judges, and fails alone.</li>
 * <li>Triggers and constraints of an operator's own are in force for sends as for an insert of his own: the functions that store have no search_path, the answer
 * is the row as it is stored, and a refused message is refused alone.</li>
 * <li>No event loop is blocked.</li>
 * <li>A usual send goes past the REST layer ({@link dev.parley.conversation.MessageRoute}); whoever sends can't tell.</li>
 * </ul>
 */
package dev.parley.conversation;
