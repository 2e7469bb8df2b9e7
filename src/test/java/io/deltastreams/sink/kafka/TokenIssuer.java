package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;

/** Gives tokens to the one client that it knows (RFC 6749, 4.4), and tells the key that they are signed with (RFC 7517). */
final class TokenIssuer implements AutoCloseable {

    private static final String CLIENT = "delta-streams:oauth-secret";
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final HttpServer server;
    private final KeyPair keys;

    private TokenIssuer(HttpServer server, KeyPair keys) {
        this.server = server;
        this.keys = keys;
    }

    static TokenIssuer start() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
            TokenIssuer issuer = new TokenIssuer(server, generator.generateKeyPair());
            server.createContext("/token", issuer::give);
            server.createContext("/keys", exchange -> answer(exchange, 200, issuer.key()));
            server.start();
            return issuer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    String tokens() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
    }

    String keys() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/keys";
    }

    private void give(HttpExchange exchange) throws IOException {
        String known = "Basic " + Base64.getEncoder().encodeToString(CLIENT.getBytes(UTF_8));
        if (known.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(
                    exchange,
                    200,
                    "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":3600}".formatted(token()));
        } else {
            answer(exchange, 401, "{\"error\":\"invalid_client\"}");
        }
    }

    private String token() {
        long now = Instant.now().getEpochSecond();
        String signed = part("{\"alg\":\"RS256\",\"kid\":\"test\"}")
                + "."
                + part("{\"sub\":\"delta-streams\",\"aud\":\"kafka\",\"scope\":\"kafka\",\"iat\":%d,\"exp\":%d}"
                        .formatted(now, now + 3600));
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.getPrivate());
            signature.update(signed.getBytes(UTF_8));
            return signed + "." + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private String key() {
        RSAPublicKey key = (RSAPublicKey) keys.getPublic();
        return "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"test\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":\"%s\",\"e\":\"%s\"}]}"
                .formatted(number(key.getModulus()), number(key.getPublicExponent()));
    }

    private static String part(String json) {
        return BASE64.encodeToString(json.getBytes(UTF_8));
    }

    /** Without the byte that would tell the sign. */
    private static String number(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return BASE64.encodeToString(bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] body = json.getBytes(UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
