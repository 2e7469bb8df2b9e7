package io.deltastreams.pipeline;

/** The pipeline file does not fit the database that it names; the message says where and what would be right. */
final class InvalidPipeline extends Exception {

    private static final long serialVersionUID = 1L;

    private final String told;

    InvalidPipeline(String told) {
        super(told);
        this.told = told;
    }

    @Override
    public String getMessage() {
        return told;
    }
}
