package dev.parley.conversation;

/** Examples that the interface's description shows. */
final class ApiExamples {

    private ApiExamples() {
    }

    static final String MESSAGE = """
            {"id":"0192f5a0-7c1e-7d43-9f0a-2b6a4f1c8e11","conversation_id":"0192f5a0-1111-7aaa-8bbb-0123456789ab","seq":7,\
            "sender_id":"ada","sender_role":"customer","content":"Where is my order?",\
            "created_at":"2026-11-23T10:00:00.123456+00:00","metadata":{"page":"/orders"}}""";

    static final String NEW_MESSAGE = """
            {"id":"0192f5a0-7c1e-7d43-9f0a-2b6a4f1c8e11","content":"Where is my order?","sender_id":"ada","metadata":{"page":"/orders"}}""";

    static final String MESSAGES = "{\"items\":[" + MESSAGE + "],\"next\":\"7\"}";

    static final String CONVERSATION = """
            {"id":"0192f5a0-1111-7aaa-8bbb-0123456789ab","subject":"Order 4711","customer_id":"ada","status":"open",\
            "created_at":"2026-11-23T09:58:00.5+00:00","updated_at":"2026-11-23T09:58:00.5+00:00","metadata":{},\
            "last_seq":7,"last_message_at":"2026-11-23T10:00:00.123456+00:00","last_message":""" + MESSAGE + "}";

    static final String NEW_CONVERSATION = """
            {"id":"0192f5a0-1111-7aaa-8bbb-0123456789ab","subject":"Order 4711","customer_id":"ada"}""";

    static final String PATCH = """
            {"status":"closed"}""";

    static final String CONVERSATIONS = "{\"items\":[" + CONVERSATION + "],\"next\":\"AAAAAGsEDqAHW8oAAZL1oBEReqqLuwEjRWeJqw\"}";

    static final String INVALID_REQUEST = """
            {"type":"urn:parley:error:invalid-request","title":"Invalid request","status":400,"detail":"id must be a UUID","code":"PARLEY-INVALID-REQUEST"}""";

    static final String INVALID_JSON = """
            {"type":"urn:parley:error:invalid-json","title":"Not valid JSON","status":400,"detail":"not valid JSON at line 1, column 12",\
            "code":"PARLEY-INVALID-JSON"}""";

    static final String INVALID_UTF8 = """
            {"type":"urn:parley:error:invalid-utf8","title":"Not valid UTF-8","status":400,"detail":"the body is not valid UTF-8",\
            "code":"PARLEY-INVALID-UTF8"}""";

    static final String INVALID_MESSAGE = """
            {"type":"urn:parley:error:invalid-message","title":"Invalid message","status":400,"detail":"content must not be empty",\
            "code":"PARLEY-INVALID-MESSAGE"}""";

    static final String FORBIDDEN = """
            {"type":"urn:parley:error:forbidden","title":"Forbidden","status":403,"detail":"this is not allowed to you","code":"PARLEY-FORBIDDEN"}""";

    static final String UNKNOWN_CONVERSATION = """
            {"type":"urn:parley:error:unknown-conversation","title":"Unknown conversation","status":404,\
            "detail":"there is no conversation 0192f5a0-1111-7aaa-8bbb-0123456789ab","code":"PARLEY-UNKNOWN-CONVERSATION"}""";

    static final String NOT_ACCEPTABLE = """
            {"type":"urn:parley:error:not-acceptable","title":"Not acceptable","status":406,"detail":"Accept application/json.",\
            "code":"PARLEY-NOT-ACCEPTABLE"}""";

    static final String ID_CONFLICT = """
            {"type":"urn:parley:error:id-conflict","title":"Id already used","status":409,"detail":"this id is used by something else",\
            "code":"PARLEY-ID-CONFLICT"}""";

    static final String CONVERSATION_CLOSED = """
            {"type":"urn:parley:error:conversation-closed","title":"Conversation closed","status":409,\
            "detail":"the conversation is closed","code":"PARLEY-CONVERSATION-CLOSED"}""";

    static final String TOO_LARGE = """
            {"type":"urn:parley:error:too-large","title":"Too large","status":413,"detail":"a request body may have at most 262144 bytes",\
            "code":"PARLEY-TOO-LARGE"}""";

    static final String UNSUPPORTED_MEDIA_TYPE = """
            {"type":"urn:parley:error:unsupported-media-type","title":"Unsupported media type","status":415,\
            "detail":"Send application/json.","code":"PARLEY-UNSUPPORTED-MEDIA-TYPE"}""";

    static final String UNAVAILABLE = """
            {"type":"urn:parley:error:unavailable","title":"Database unavailable","status":503,\
            "detail":"the database cannot be reached at the moment","code":"PARLEY-UNAVAILABLE"}""";

    static final String OVERLOADED = """
            {"type":"urn:parley:error:overloaded","title":"Overloaded","status":503,"detail":"too many messages are waiting to be written",\
            "code":"PARLEY-OVERLOADED"}""";

    static final String INTERNAL = """
            {"type":"urn:parley:error:internal","title":"Internal error","status":500,"detail":"something went wrong here; the log has more",\
            "code":"PARLEY-INTERNAL"}""";
}
