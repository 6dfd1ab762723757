/** Fixtures that tests of several packages share. */
@NullMarked
package io.headrace.testing;

import org.jspecify.annotations.NullMarked;
