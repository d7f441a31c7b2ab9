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
            return new RealtimeFollower(RealtimeVersion.V2, conversation);
        }

        @Override
        public Follower global() {
            return new RealtimeFollower(RealtimeVersion.V2, null);
        }
    },

    SUPABASE_1 {
        @Override
        public Follower conversation(UUID conversation) {
            return new RealtimeFollower(RealtimeVersion.V1, conversation);
        }

        @Override
        public Follower global() {
            return new RealtimeFollower(RealtimeVersion.V1, null);
        }
    };

    /** Follows one conversation, not yet connected. */
    public abstract Follower conversation(UUID conversation);

    /** Follows all messages, not yet connected. */
    public abstract Follower global();
}
