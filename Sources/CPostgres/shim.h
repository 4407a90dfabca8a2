// PostgreSQL's own client library, with its character constants as numbers that Swift can read.

#ifndef HEED_CPOSTGRES_H
#define HEED_CPOSTGRES_H

#include <libpq-fe.h>

static const int heed_pg_sqlstate = PG_DIAG_SQLSTATE;
static const int heed_pg_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int heed_pg_message = PG_DIAG_MESSAGE_PRIMARY;
static const int heed_pg_constraint = PG_DIAG_CONSTRAINT_NAME;

#endif
