// What a front end is to the C interface.
#pragma once

#include <memory>

#include "frontend/frontend.h"

struct fastmel_frontend {
  std::shared_ptr<const fastmel::FrontEnd> front_end;
};
