/**
 * The application: reads every option once ({@link io.headrace.Main} and its commands), builds everything once, starts, waits, drains.
 *
 * <p>May see every package; no package sees it.
 */
@org.jspecify.annotations.NullMarked
package io.headrace;
