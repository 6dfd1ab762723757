package io.headrace.text.jinja;

import java.util.List;

/**
 * What {@code groupby} yields: a pair whose parts also have names.
 *
 * @param grouper the common value
 * @param members the elements that have it
 */
record Group(Object grouper, ListValue members) {
  ListValue pair() {
    return new ListValue(List.of(grouper, members), true);
  }
}
