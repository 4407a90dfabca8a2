// PostgreSQL's own client library, for references that know nothing of Heed.

#ifndef HEED_CBENCHPOSTGRES_H
#define HEED_CBENCHPOSTGRES_H

#include <libpq-fe.h>

#endif
