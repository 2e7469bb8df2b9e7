@NullMarked
package io.deltastreams.feed.page;

import org.jspecify.annotations.NullMarked;
