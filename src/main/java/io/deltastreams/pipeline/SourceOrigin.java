package io.deltastreams.pipeline;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.TableId;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;
import io.deltastreams.state.Origin;
import java.util.List;

/** What the state learns of the source: from its tokens, and from the one that captures while one does. */
final class SourceOrigin implements Origin {

    /** Never run. */
    private final ChangeSource reader;

    private final SourceRunner source;

    SourceOrigin(PipelineDefinition.Source definition, SourceRunner source) {
        this.reader = definition.create();
        this.source = source;
    }

    @Override
    public Coverage coverage(ResumeToken token) {
        return reader.coverage(token);
    }

    @Override
    public void read(TableId table) throws Unread, InterruptedException {
        try {
            source.snapshots().request(List.of(table.text()));
        } catch (Refused e) {
            throw new Unread(e.reason() == Reason.LATER, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public boolean wasRead(TableId table) {
        try {
            return source.snapshots().status().tables().stream()
                    .anyMatch(read -> read.table().equals(table) && read.state() == TableSnapshots.State.DONE);
        } catch (Refused _) {
            return false;
        }
    }
}
