package dev.parley.realtime;

import dev.parley.access.CredentialsException;

/** What clients are told when something is refused: upstream's words, which applications look for. */
final class Reasons {

    static final String UNMATCHED_TOPIC = "unmatched topic";
    static final String TOPIC_NAME_REQUIRED = "TopicNameRequired: You must provide a topic name";
    static final String TOPIC_NAME_TOO_LONG = "TopicNameTooLong: A topic name has at most 255 bytes";
    static final String TOO_MANY_CHANNELS = "ChannelRateLimitReached: Too many channels";
    static final String TOO_MANY_JOINS = "ClientJoinRateLimitReached: Too many joins per second";
    static final String TOO_MANY_MESSAGES = "Too many messages per second";
    static final String TOO_MANY_PRESENCE_CALLS = "Client presence rate limit exceeded";
    static final String TRACK_TOO_LARGE = "Track message size exceeded";
    static final String TRACK_NOT_A_MAP = "Presence track payload must be a map";
    static final String NOT_CONNECTED = "UnableToConnectToProject: Realtime was unable to connect to the project database";
    static final String REPLAY_INVALID = "UnableToReplayMessages: Replay params are not valid";
    static final String REPLAY_PUBLIC = "UnableToReplayMessages: Replay is not allowed for public channels";
    static final String REPLAY_FAILED = "UnableToReplayMessages: Realtime was unable to replay messages";
    static final String JOINS_TOO_LARGE = "InvalidJoinPayload: The joins of all channels of a socket have at most 1 MB together";
    static final String JOIN_TOO_LARGE = "InvalidJoinPayload: A join has at most 256 kB";

    private Reasons() {
    }

    static String tooManyEntries(int most) {
        return "RealtimeDisabledForConfiguration: A channel has at most " + most + " entries of postgres_changes";
    }

    /** @param problem of the first entry that has one */
    static String notSubscribed(String problem) {
        return "RealtimeDisabledForConfiguration: " + problem;
    }

    static String unauthorized(String topic) {
        return "Unauthorized: " + cannotRead(topic);
    }

    static String cannotRead(String topic) {
        return "You do not have permissions to read from this Channel topic: " + topic;
    }

    static String cannotReadAnyMore(String topic) {
        return "You no longer have permission to read from this Channel topic: " + topic;
    }

    /** For a join whose token does not hold. */
    static String of(CredentialsException failure) {
        String code = switch (failure.kind()) {
            case MALFORMED -> "MalformedJWT";
            case BAD_SIGNATURE -> "JwtSignatureError";
            case NO_SIGNER -> "JwtSignerError";
            case MISSING, EXPIRED, CLAIMS_MISSING -> "InvalidJWTToken";
        };
        return code + ": " + failure.getMessage();
    }
}
