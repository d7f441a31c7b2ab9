package dev.parley.conversation;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** {@code /api/conversations} as HTTP sees it; {@link ConversationResource} answers. */
@Path("/api/conversations")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "conversations", description = "Create, find and change conversations")
interface ConversationApi {

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(operationId = "createConversation", summary = "Create a conversation",
            description = "With an id of your own this may be repeated: the same id for the same customer answers 200 with the row that is there.")
    @RequestBody(required = true, content = @Content(mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = ApiSchemas.ConversationBody.class),
            examples = @ExampleObject(name = "new_conversation", value = ApiExamples.NEW_CONVERSATION)))
    @APIResponse(responseCode = "201", description = "Created",
            headers = @Header(name = "Location", description = "Where it is", schema = @Schema(type = SchemaType.STRING)),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.ConversationRow.class),
                    examples = @ExampleObject(name = "conversation", value = ApiExamples.CONVERSATION)))
    @APIResponse(responseCode = "200", description = "It was there already",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.ConversationRow.class),
                    examples = @ExampleObject(name = "conversation", value = ApiExamples.CONVERSATION)))
    @APIResponse(responseCode = "400", description = "The body does not fit",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = {
                    @ExampleObject(name = "PARLEY-INVALID-REQUEST", value = ApiExamples.INVALID_REQUEST),
                    @ExampleObject(name = "PARLEY-INVALID-JSON", value = ApiExamples.INVALID_JSON),
                    @ExampleObject(name = "PARLEY-INVALID-UTF8", value = ApiExamples.INVALID_UTF8)}))
    @APIResponse(responseCode = "403", description = "Not allowed",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-FORBIDDEN", value = ApiExamples.FORBIDDEN)))
    @APIResponse(responseCode = "406", description = "The answer is JSON, and the request does not accept that",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-NOT-ACCEPTABLE", value = ApiExamples.NOT_ACCEPTABLE)))
    @APIResponse(responseCode = "409", description = "The id is used by something else",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-ID-CONFLICT", value = ApiExamples.ID_CONFLICT)))
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
                    examples = @ExampleObject(name = "PARLEY-UNAVAILABLE", value = ApiExamples.UNAVAILABLE)))
    Uni<RestResponse<String>> create(
            byte[] body, @Context HttpServerRequest request);

    @GET
    @Operation(operationId = "listConversations", summary = "List conversations",
            description = "Newest activity first: the time of the last message, or of the creation while there is none. "
                    + "A conversation that becomes active during a walk moves to the front, behind the walk: load the first page again to see it.")
    @APIResponse(responseCode = "200", description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.ConversationPage.class),
                    examples = @ExampleObject(name = "conversations", value = ApiExamples.CONVERSATIONS)))
    @APIResponse(responseCode = "400", description = "A parameter does not fit",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-INVALID-REQUEST", value = ApiExamples.INVALID_REQUEST)))
    @APIResponse(responseCode = "403", description = "Not allowed",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-FORBIDDEN", value = ApiExamples.FORBIDDEN)))
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
            @Parameter(description = "How many at most", schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "200", defaultValue = "50"))
            @QueryParam("limit") String limit,
            @Parameter(description = "The next of the page before", schema = @Schema(type = SchemaType.STRING))
            @QueryParam("cursor") String cursor,
            @Parameter(description = "Only those", schema = @Schema(type = SchemaType.STRING, enumeration = {"open", "closed"}))
            @QueryParam("status") String status,
            @Parameter(description = "Only this customer's", schema = @Schema(type = SchemaType.STRING, maxLength = 200), example = "ada")
            @QueryParam("customer_id") String customerId,
            @Context HttpServerRequest request);

    @GET
    @Path("{id}")
    @Operation(operationId = "readConversation", summary = "Read a conversation")
    @APIResponse(responseCode = "200", description = "The conversation",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.ConversationRow.class),
                    examples = @ExampleObject(name = "conversation", value = ApiExamples.CONVERSATION)))
    @APIResponse(responseCode = "400", description = "The id is no UUID",
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
    Uni<String> read(
            @Parameter(description = "The conversation's id", schema = @Schema(type = SchemaType.STRING, format = "uuid"))
            @PathParam("id") String id,
            @Context HttpServerRequest request);

    @PATCH
    @Path("{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(operationId = "changeConversation", summary = "Change, close or reopen a conversation",
            description = "May be repeated. Customers cannot send to a closed conversation; admins and the system can.")
    @RequestBody(required = true, content = @Content(mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = ApiSchemas.ConversationPatch.class),
            examples = @ExampleObject(name = "patch", value = ApiExamples.PATCH)))
    @APIResponse(responseCode = "200", description = "The conversation as it is now",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ApiSchemas.ConversationRow.class),
                    examples = @ExampleObject(name = "conversation", value = ApiExamples.CONVERSATION)))
    @APIResponse(responseCode = "400", description = "The body or the id does not fit",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = {
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
    @APIResponse(responseCode = "413", description = "The body is too large",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-TOO-LARGE", value = ApiExamples.TOO_LARGE)))
    @APIResponse(responseCode = "415", description = "The body is no JSON",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-UNSUPPORTED-MEDIA-TYPE", value = ApiExamples.UNSUPPORTED_MEDIA_TYPE)))
    @APIResponse(responseCode = "500", description = "An error of the service",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-INTERNAL", value = ApiExamples.INTERNAL)))
    @APIResponse(responseCode = "503", description = "Not now: try again later",
            content = @Content(mediaType = Problem.MEDIA_TYPE, schema = @Schema(implementation = Problem.class),
                    examples = @ExampleObject(name = "PARLEY-UNAVAILABLE", value = ApiExamples.UNAVAILABLE)))
    Uni<String> patch(
            @Parameter(description = "The conversation's id", schema = @Schema(type = SchemaType.STRING, format = "uuid"))
            @PathParam("id") String id,
            byte[] body, @Context HttpServerRequest request);
}
