package dev.parley.conversation;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** {@code /api/conversations/{id}/messages} as HTTP sees it; {@link MessageResource} answers. */
@Path("/api/conversations") // the same root as ConversationApi: a method that neither has is then "not allowed", not "not found"
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "messages", description = "Send and read messages")
interface MessageApi {

    @POST
    @Path("{id}/messages")
    @Consumes(MediaType.APPLICATION_JSON)
    @Parameter(name = "sender_id", in = ParameterIn.QUERY, description = "The sender where the body names none",
            schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
    @Parameter(name = "sender_role", in = ParameterIn.QUERY, description = "The sender's role where the body names none",
            schema = @Schema(type = SchemaType.STRING, enumeration = {"customer", "admin", "system"}))
    @Operation(operationId = "sendMessage", summary = "Send a message",
            description = "Answered once the row is committed and flushed. With an id of your own this may be repeated for ever: "
                    + "the same id, conversation and sender answer 200 with the row that is there.")
    @RequestBody(required = true, content = @Content(mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = ApiSchemas.MessageBody.class),
            examples = @ExampleObject(name = "new_message", value = ApiExamples.NEW_MESSAGE)))
    @APIResponse(responseCode = "201", description = "Stored",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.MessageRow.class),
                    examples = @ExampleObject(name = "message", value = ApiExamples.MESSAGE)))
    @APIResponse(responseCode = "200", description = "It was there already",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.MessageRow.class),
                    examples = @ExampleObject(name = "message", value = ApiExamples.MESSAGE)))
    @APIResponse(responseCode = "400", description = "The body or the id does not fit",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = {
                    @ExampleObject(name = "PARLEY-INVALID-MESSAGE", value = ApiExamples.INVALID_MESSAGE),
                    @ExampleObject(name = "PARLEY-INVALID-REQUEST", value = ApiExamples.INVALID_REQUEST),
                    @ExampleObject(name = "PARLEY-INVALID-JSON", value = ApiExamples.INVALID_JSON),
                    @ExampleObject(name = "PARLEY-INVALID-UTF8", value = ApiExamples.INVALID_UTF8)}))
    @APIResponse(responseCode = "403", description = "Not allowed",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-FORBIDDEN", value = ApiExamples.FORBIDDEN)))
    @APIResponse(responseCode = "404", description = "Unknown conversation",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-UNKNOWN-CONVERSATION", value = ApiExamples.UNKNOWN_CONVERSATION)))
    @APIResponse(responseCode = "406", description = "The answer is JSON, and the request does not accept that",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-NOT-ACCEPTABLE", value = ApiExamples.NOT_ACCEPTABLE)))
    @APIResponse(responseCode = "409", description = "The conversation is closed, or the id is used by something else",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = {
                    @ExampleObject(name = "PARLEY-CONVERSATION-CLOSED", value = ApiExamples.CONVERSATION_CLOSED),
                    @ExampleObject(name = "PARLEY-ID-CONFLICT", value = ApiExamples.ID_CONFLICT)}))
    @APIResponse(responseCode = "413", description = "The body is too large",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-TOO-LARGE", value = ApiExamples.TOO_LARGE)))
    @APIResponse(responseCode = "415", description = "The body is no JSON",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-UNSUPPORTED-MEDIA-TYPE", value = ApiExamples.UNSUPPORTED_MEDIA_TYPE)))
    @APIResponse(responseCode = "500", description = "An error of the service",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-INTERNAL", value = ApiExamples.INTERNAL)))
    @APIResponse(responseCode = "503", description = "Not now: try again with the same id",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = {
                    @ExampleObject(name = "PARLEY-UNAVAILABLE", value = ApiExamples.UNAVAILABLE),
                    @ExampleObject(name = "PARLEY-OVERLOADED", value = ApiExamples.OVERLOADED)}))
    Uni<RestResponse<String>> send(
            @Parameter(description = "The conversation's id", schema = @Schema(type = SchemaType.STRING, format = "uuid"))
            @PathParam("id") String id,
            byte[] body, @Context HttpServerRequest request);

    @GET
    @Path("{id}/messages")
    @Operation(operationId = "listMessages", summary = "List messages",
            description = "In rising seq always. With `after` forward from there; with `before`, or without both, the newest ones below.")
    @APIResponse(responseCode = "200", description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.MessagePage.class),
                    examples = @ExampleObject(name = "messages", value = ApiExamples.MESSAGES)))
    @APIResponse(responseCode = "400", description = "A parameter does not fit",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-INVALID-REQUEST", value = ApiExamples.INVALID_REQUEST)))
    @APIResponse(responseCode = "403", description = "Not allowed",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-FORBIDDEN", value = ApiExamples.FORBIDDEN)))
    @APIResponse(responseCode = "404", description = "Unknown conversation",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-UNKNOWN-CONVERSATION", value = ApiExamples.UNKNOWN_CONVERSATION)))
    @APIResponse(responseCode = "406", description = "The answer is JSON, and the request does not accept that",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-NOT-ACCEPTABLE", value = ApiExamples.NOT_ACCEPTABLE)))
    @APIResponse(responseCode = "500", description = "An error of the service",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-INTERNAL", value = ApiExamples.INTERNAL)))
    @APIResponse(responseCode = "503", description = "Not now: try again later",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-UNAVAILABLE", value = ApiExamples.UNAVAILABLE)))
    Uni<String> list(
            @Parameter(description = "The conversation's id", schema = @Schema(type = SchemaType.STRING, format = "uuid"))
            @PathParam("id") String id,
            @Parameter(description = "Only messages with a higher seq, the lowest first", schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "0"), example = "7")
            @QueryParam("after") String after,
            @Parameter(description = "Only messages with a lower seq, the highest of them", schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "0"))
            @QueryParam("before") String before,
            @Parameter(description = "How many at most", schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "200", defaultValue = "50"))
            @QueryParam("limit") String limit,
            @Context HttpServerRequest request);
}
