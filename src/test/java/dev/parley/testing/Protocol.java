package dev.parley.testing;

import java.util.UUID;

/** The ways to follow messages; what holds for one holds for all. */
public enum Protocol {

    PLAIN {
        @Override
        public Follower conversation(UUID conversation) {
            return StreamClient.conversation(conversation);
        }

        @Override
        public Follower global() {
            return StreamClient.global();
        }
    },

    SUPABASE_2 {
        @Override
        public Follower conversation(UUID conversation) {
            return RealtimeFollower.conversation(RealtimeVersion.V2, conversation);
        }

        @Override
        public Follower global() {
            return RealtimeFollower.global(RealtimeVersion.V2);
        }
    },

    SUPABASE_1 {
        @Override
        public Follower conversation(UUID conversation) {
            return RealtimeFollower.conversation(RealtimeVersion.V1, conversation);
        }

        @Override
        public Follower global() {
            return RealtimeFollower.global(RealtimeVersion.V1);
        }
    };

    /** Follows one conversation, not yet connected. */
    public abstract Follower conversation(UUID conversation);

    /** Follows all messages, not yet connected. */
    public abstract Follower global();
}
