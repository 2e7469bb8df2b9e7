package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;

/** Keys and certificates of a broker and its clients in a folder, as files of every kind. */
final class Keys {

    static final String PASSWORD = "042042";

    private final Path folder;

    private Keys(Path folder) {
        this.folder = folder;
    }

    /** Makes {@code broker.p12}, {@code client.p12}, {@code trust.p12}, {@code server.key}, and {@code ca.pem}, {@code client.pem}, {@code clients.pem}, {@code stranger.pem}. */
    static void make(Path folder) throws IOException, GeneralSecurityException, InterruptedException {
        Files.createDirectories(folder);
        Keys keys = new Keys(folder);
        KeyStore broker = keys.generate("broker");
        KeyStore client = keys.generate("client");
        String clientCertificate =
                pem("CERTIFICATE", client.getCertificate("client").getEncoded());
        byte[] clientKey = client.getKey("client", PASSWORD.toCharArray()).getEncoded();
        keys.write("ca.pem", pem("CERTIFICATE", broker.getCertificate("broker").getEncoded()));
        keys.write("clients.pem", clientCertificate);
        keys.write("client.pem", pem("PRIVATE KEY", clientKey) + clientCertificate);
        byte[] brokerKey = broker.getKey("broker", PASSWORD.toCharArray()).getEncoded();
        keys.write("server.key", pem("PRIVATE KEY", brokerKey));
        // A database's server and driver refuse a key that others may read.
        for (String name : List.of("server.key", "client.pem")) {
            Files.setPosixFilePermissions(folder.resolve(name), PosixFilePermissions.fromString("rw-------"));
        }
        // Signed by somebody who is not the broker.
        keys.write("stranger.pem", clientCertificate);
        keys.trust(broker.getCertificate("broker"));
    }

    private KeyStore generate(String name) throws IOException, GeneralSecurityException, InterruptedException {
        Path file = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=dns:localhost",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), US_ASCII);
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool: " + said);
        }
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private void trust(Certificate certificate) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("broker", certificate);
        try (OutputStream out = Files.newOutputStream(folder.resolve("trust.p12"))) {
            store.store(out, PASSWORD.toCharArray());
        }
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private static String pem(String what, byte[] encoded) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded), what);
    }
}
