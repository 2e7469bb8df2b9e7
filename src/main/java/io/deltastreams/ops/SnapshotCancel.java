package io.deltastreams.ops;

import io.deltastreams.pipeline.Pipeline;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Refused;
import jakarta.ws.rs.DELETE;

/**
 * What {@link SnapshotAdmin} does on DELETE, apart from what it does on GET: Quarkus writes the methods of one class down in the order of a
 * {@code Map.of}, in which just these two change places from build to build, and two builds are to give the same package.
 */
public abstract class SnapshotCancel {

    final Pipeline pipeline;

    SnapshotCancel(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @DELETE
    public SnapshotAdmin.StatusView cancel() throws Refused, InterruptedException {
        TableSnapshots snapshots = pipeline.snapshots();
        snapshots.cancel();
        return SnapshotAdmin.view(snapshots);
    }
}
