package io.deltastreams.feed;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/** A request that is not served, as the problem that is answered instead (RFC 9457). */
public final class Refusal extends Exception {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String detail;
    private final transient Optional<String> parameter;

    private Refusal(int status, String detail, Optional<String> parameter) {
        super(detail);
        this.status = status;
        this.detail = detail;
        this.parameter = parameter;
    }

    /** @param detail what is wrong, and what would be right */
    public static Refusal of(int status, String detail) {
        return new Refusal(status, detail, Optional.empty());
    }

    /** @param parameter the query parameter or header that is wrong */
    public static Refusal ofParameter(String parameter, String detail) {
        return new Refusal(400, detail, Optional.of(parameter));
    }

    public int status() {
        return status;
    }

    /** The body, {@code application/problem+json}; {@code parameter} is there where one is to blame. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("type", "about:blank")
                .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
                .put("status", status)
                .put("detail", detail);
        parameter.ifPresent(name -> json.put("parameter", name));
        return json;
    }
}
