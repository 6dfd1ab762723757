// The object behind hr_team.
#pragma once
#include "cpu/team/team.h"
#include "headrace/kernels.h"

struct hr_team {
  headrace::Team team;
};
