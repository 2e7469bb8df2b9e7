package io.deltastreams.e2e;

/** Pipeline files of the tests. */
final class Pipelines {

    private Pipelines() {}

    /** pgbench's four tables, each on a feed and a topic. */
    static String pgbench(String url) {
        return """
                name: pgbench
                source:
                  postgresql:
                    url: %s
                    tables: [public.pgbench_*]
                log: { path: log }
                streams:
                  accounts: { from: public.pgbench_accounts, to: { feed: {}, kafka: { required: true } } }
                  branches: { from: public.pgbench_branches, to: { feed: {}, kafka: { required: true } } }
                  tellers: { from: public.pgbench_tellers, to: { feed: {}, kafka: { required: true } } }
                  history: { from: public.pgbench_history, to: { feed: {}, kafka: { required: true } } }
                """.formatted(url);
    }
}
