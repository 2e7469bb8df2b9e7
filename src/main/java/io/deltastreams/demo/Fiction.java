package io.deltastreams.demo;

import java.math.BigDecimal;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Made-up people and things to buy; the same ones for the same seed. */
final class Fiction {

    /** A line of an order; the price is for one piece. */
    record Line(String product, int quantity, BigDecimal price) {

        BigDecimal total() {
            return price.multiply(BigDecimal.valueOf(quantity));
        }
    }

    private static final List<String> FIRST = List.of(
            "Ada", "Aminata", "Björn", "Chen", "Dolores", "Emre", "Fatima", "Grace", "Hedy", "Ines", "Jürgen",
            "Katalin");
    private static final List<String> LAST = List.of(
            "Achebe",
            "Bardeen",
            "Curie",
            "Díaz",
            "Erdős",
            "Franklin",
            "Goeppert",
            "Hopper",
            "Işık",
            "Johnson",
            "Kowalski");
    private static final List<String> STREETS =
            List.of("Acacia Avenue", "Bahnhofstraße", "Calle Mayor", "Down Street", "Elm Road", "Rue d'Été");
    private static final List<String> CITIES =
            List.of("Accra", "Bilbao", "Cork", "Dakar", "Espoo", "Łódź", "São Paulo");
    private static final List<String> INTERESTS = List.of("books", "tea", "bicycles", "gardens", "maps", "music");
    private static final List<String> METHODS = List.of("card", "transfer", "invoice");
    private static final List<String> CHANNELS = List.of("web", "app", "phone");
    private static final List<Line> PRODUCTS = List.of(
            new Line("Atlas", 1, new BigDecimal("49.00")),
            new Line("Bicycle bell", 1, new BigDecimal("12.50")),
            new Line("Green tea, 100 g", 1, new BigDecimal("6.95")),
            new Line("Notebook", 1, new BigDecimal("3.20")),
            new Line("Tomato seeds", 1, new BigDecimal("1.99")),
            new Line("Ukulele", 1, new BigDecimal("89.90")));
    private static final int NOTE_BYTES = 2_000;

    private final Random random;

    Fiction(Random random) {
        this.random = random;
    }

    String name() {
        return one(FIRST) + " " + one(LAST);
    }

    String email(String name) {
        String box = name.replaceAll("[^A-Za-z]+", ".").toLowerCase(Locale.ROOT);
        return "%s.%d@example.com".formatted(box, random.nextInt(100_000));
    }

    /** As JSON. */
    String address() {
        return """
                {"street": "%s %d", "city": "%s", "code": "%05d"}""".formatted(one(STREETS), 1 + random.nextInt(200), one(CITIES), random.nextInt(100_000));
    }

    String[] interests() {
        return Stream.generate(() -> one(INTERESTS))
                .limit(random.nextInt(4))
                .distinct()
                .toArray(String[]::new);
    }

    /** Four kilobytes for every third customer, more than PostgreSQL keeps in a row. */
    @Nullable String notes() {
        if (random.nextInt(3) > 0) {
            return null;
        }
        byte[] bytes = new byte[NOTE_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    List<Line> lines() {
        return IntStream.rangeClosed(0, random.nextInt(4))
                .mapToObj(_ -> {
                    Line product = one(PRODUCTS);
                    return new Line(product.product(), 1 + random.nextInt(3), product.price());
                })
                .toList();
    }

    /** As JSON, or nothing. */
    @Nullable String details() {
        return random.nextInt(4) == 0 ? null : """
                {"channel": "%s", "gift": %b}""".formatted(one(CHANNELS), random.nextInt(5) == 0);
    }

    String method() {
        return one(METHODS);
    }

    private <T> T one(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
