#include "cpu/tier.h"

#include "test/check.h"

namespace headrace::test {

TEST(the_best_tier_is_a_tier_with_a_name) {
  const int best = best_tier();
  CHECK(best >= HR_TIER_SCALAR && best < kTiers);
  for (int tier = 0; tier <= best; ++tier) {
    CHECK(std::string(tier_name(tier)) != "unknown");
    note(std::string("tier ") + tier_name(tier));
  }
}

}  // namespace headrace::test
