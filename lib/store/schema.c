/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include "store/evidence.h"
#include "store/index.h"

#include <stdio.h>

/*
 * Version 1.
 *
 * An identity is one distinct combination of tokens, birth month and sex as one source delivered
 * it; rows point to identities, so that monthly snapshots and claims store tokens once. Identities
 * are never deleted, so that no number is given twice; one that no row refers to any more has no
 * seen_from. A person's number is the number of the identity that founded it.
 *
 * Months are year × 12 + month − 1, days YYYYMMDD; a period of 0 is a delivery without a period,
 * which is older than any other.
 */
static const char version_1[] =
    "CREATE TABLE meta("
    "  name TEXT PRIMARY KEY,"
    "  value TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE source("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  kind TEXT NOT NULL,"
    "  provider TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE delivery("
    "  id INTEGER PRIMARY KEY,"
    "  source_id INTEGER NOT NULL REFERENCES source,"
    "  period INTEGER NOT NULL,"
    "  sha256 TEXT NOT NULL,"
    "  rows INTEGER NOT NULL,"
    "  first_month INTEGER," /* of its events */
    "  last_month INTEGER,"
    "  first_run INTEGER," /* its rows of event_run or measure_run */
    "  last_run INTEGER,"
    "  UNIQUE(source_id, period)"
    ") STRICT;"

    "CREATE TABLE token_name("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE"
    ") STRICT;"

    /* districts, codes, purposes, measures, attributes: texts that come again and again */
    "CREATE TABLE word("
    "  id INTEGER PRIMARY KEY,"
    "  text TEXT NOT NULL UNIQUE"
    ") STRICT;"

    "CREATE TABLE identity("
    "  id INTEGER PRIMARY KEY,"
    "  source_id INTEGER NOT NULL REFERENCES source,"
    "  digest BLOB,"
    "  birth_month INTEGER,"
    "  sex INTEGER NOT NULL,"
    "  tokens BLOB NOT NULL,"                  /* see tg_packed_find() */
    "  seen_from INTEGER,"                     /* period of its first delivery; NULL: no rows */
    "  person_id INTEGER REFERENCES identity," /* rosters only */
    "  kin INTEGER NOT NULL DEFAULT 0,"        /* shares a number with another of its source */
    "  conflict INTEGER,"                      /* its component is not one person */
    "  UNIQUE(source_id, digest)"
    ") STRICT;"
    "CREATE INDEX identity_joined ON identity(person_id) WHERE person_id <> id;"
    "CREATE INDEX identity_conflict ON identity(conflict) WHERE conflict IS NOT NULL;"

    "CREATE TABLE identity_token("
    "  token INTEGER NOT NULL REFERENCES token_name,"
    "  hash BLOB NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  PRIMARY KEY(token, hash, identity_id)"
    ") STRICT, WITHOUT ROWID;"

    /* number-like tokens that two people hold at the same time, and the delivery that shows it */
    "CREATE TABLE shared_token("
    "  token INTEGER NOT NULL REFERENCES token_name,"
    "  hash BLOB NOT NULL,"
    "  delivery_id INTEGER NOT NULL REFERENCES delivery,"
    "  PRIMARY KEY(token, hash, delivery_id)"
    ") STRICT, WITHOUT ROWID;"

    /* how identities came to another person: merges and splits */
    "CREATE TABLE person_change("
    "  id INTEGER PRIMARY KEY,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  from_person INTEGER NOT NULL REFERENCES identity,"
    "  to_person INTEGER NOT NULL REFERENCES identity,"
    "  delivery_id INTEGER NOT NULL REFERENCES delivery"
    ") STRICT;"

    "CREATE TABLE roster_row("
    "  delivery_id INTEGER NOT NULL REFERENCES delivery,"
    "  row_id BLOB NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  district INTEGER REFERENCES word,"
    "  enrolled_from INTEGER,"
    "  enrolled_to INTEGER,"
    "  attributes INTEGER REFERENCES word,"
    "  PRIMARY KEY(delivery_id, row_id)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE user_row("
    "  delivery_id INTEGER NOT NULL REFERENCES delivery,"
    "  row_id BLOB NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  registered_on INTEGER,"
    "  attributes INTEGER REFERENCES word,"
    "  PRIMARY KEY(delivery_id, row_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX user_row_identity ON user_row(identity_id);"

    "CREATE TABLE consent_row("
    "  delivery_id INTEGER NOT NULL REFERENCES delivery,"
    "  row_id BLOB NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  app BLOB," /* stored hash of the app token */
    "  provider INTEGER NOT NULL REFERENCES word,"
    "  purpose INTEGER NOT NULL REFERENCES word,"
    "  form INTEGER REFERENCES word,"
    "  method INTEGER REFERENCES word,"
    "  granted_on INTEGER,"
    "  withdrawn_on INTEGER,"
    "  attributes INTEGER REFERENCES word,"
    "  PRIMARY KEY(delivery_id, row_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX consent_row_app ON consent_row(app, purpose);"

    /* tombstones: they stay when the delivery that brought them is replaced */
    "CREATE TABLE withdrawal("
    "  app BLOB NOT NULL,"
    "  purpose INTEGER NOT NULL REFERENCES word,"
    "  withdrawn_on INTEGER NOT NULL,"
    "  provider INTEGER NOT NULL REFERENCES word,"
    "  PRIMARY KEY(app, purpose, withdrawn_on)"
    ") STRICT, WITHOUT ROWID;"

    /* the events of one identity in one delivery, packed: see pack.h */
    "CREATE TABLE event_run("
    "  id INTEGER PRIMARY KEY,"
    "  delivery_id INTEGER NOT NULL REFERENCES delivery,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  n INTEGER NOT NULL,"
    "  events BLOB NOT NULL"
    ") STRICT;"

    "CREATE TABLE measure_run("
    "  id INTEGER PRIMARY KEY,"
    "  delivery_id INTEGER NOT NULL REFERENCES delivery,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  n INTEGER NOT NULL,"
    "  first_day INTEGER NOT NULL,"
    "  measures BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX measure_run_identity ON measure_run(identity_id);"

    "CREATE TABLE output("
    "  folder TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  month INTEGER NOT NULL,"
    "  recipient TEXT NOT NULL,"
    "  sha256 TEXT NOT NULL,"
    "  PRIMARY KEY(folder, name)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE audit("
    "  seq INTEGER PRIMARY KEY,"
    "  at TEXT NOT NULL,"
    "  user TEXT NOT NULL,"
    "  verb TEXT NOT NULL,"
    "  detail TEXT NOT NULL,"
    "  prev BLOB NOT NULL," /* mac of the entry before; zeros for the first */
    "  mac BLOB NOT NULL"
    ") STRICT;";

/* What clerks decided of an app user and the person of a roster identity. */
static const char version_review[] =
    "CREATE TABLE review_decision("
    "  app BLOB NOT NULL," /* stored hash of the app token */
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  source_id INTEGER NOT NULL REFERENCES source," /* of the users row */
    "  same INTEGER NOT NULL,"
    "  PRIMARY KEY(app, identity_id)"
    ") STRICT, WITHOUT ROWID;";

/* Whom a withdrawal concerns, where it came from, and who was in what went out. */
static const char version_consent[] =
    /* tombstones: they stay when the delivery that brought them is replaced or taken back */
    "CREATE TABLE consent_withdrawal("
    "  app BLOB NOT NULL,"
    "  provider INTEGER NOT NULL REFERENCES word,"
    "  purpose INTEGER NOT NULL REFERENCES word," /* TG_ANY_PURPOSE: all of the provider */
    "  withdrawn_on INTEGER NOT NULL,"
    "  source INTEGER NOT NULL," /* 0: at the counter, or not known any more */
    "  period INTEGER NOT NULL,"
    "  row_id BLOB NOT NULL,"
    "  sha256 TEXT NOT NULL," /* of the file */
    "  form INTEGER REFERENCES word,"
    "  method INTEGER REFERENCES word,"
    "  PRIMARY KEY(app, provider, purpose, withdrawn_on, source, period, row_id)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT OR IGNORE INTO consent_withdrawal"
    " SELECT c.app, c.provider, c.purpose, c.withdrawn_on, d.source_id, d.period, c.row_id,"
    "  d.sha256, c.form, c.method FROM consent_row c JOIN delivery d ON d.id = c.delivery_id"
    "  WHERE c.app IS NOT NULL AND c.withdrawn_on IS NOT NULL;"
    "INSERT INTO consent_withdrawal"
    " SELECT app, provider, purpose, withdrawn_on, 0, 0, x'', '', NULL, NULL FROM withdrawal w"
    "  WHERE NOT EXISTS (SELECT 1 FROM consent_withdrawal c WHERE c.app = w.app"
    "   AND c.purpose = w.purpose AND c.withdrawn_on = w.withdrawn_on);"
    "DROP TABLE withdrawal;"
    "ALTER TABLE consent_withdrawal RENAME TO withdrawal;"

    /* rows of a delivery that were purged */
    "ALTER TABLE delivery ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;"

    /* the linked users of a run, as identities: differences, ascending, packed; see pack.h */
    "CREATE TABLE run_users("
    "  audit INTEGER PRIMARY KEY," /* its entry in the audit log */
    "  month INTEGER NOT NULL,"
    "  recipient TEXT NOT NULL,"
    "  users BLOB NOT NULL"
    ") STRICT;"

    /* which runs a purged user was in */
    "CREATE TABLE purged_run("
    "  app BLOB NOT NULL,"
    "  audit INTEGER NOT NULL REFERENCES run_users,"
    "  PRIMARY KEY(app, audit)"
    ") STRICT, WITHOUT ROWID;";

/* Months that were recorded and whose folder may not be in its place yet. Until it is, their rows
 * of table output name the folder where they were made. */
static const char version_placing[] = "CREATE TABLE placing("
                                      "  folder TEXT PRIMARY KEY,"
                                      "  made TEXT NOT NULL"
                                      ") STRICT, WITHOUT ROWID;";

/* While two epochs of the shared key overlap: what a stored hash of the old one became. */
static const char version_epoch[] = "CREATE TABLE bridge("
                                    "  token INTEGER NOT NULL REFERENCES token_name,"
                                    "  old BLOB NOT NULL,"
                                    "  new BLOB NOT NULL,"
                                    "  PRIMARY KEY(token, old),"
                                    "  UNIQUE(token, new)"
                                    ") STRICT, WITHOUT ROWID;"
                                    "ALTER TABLE delivery ADD COLUMN key_id TEXT;";

/* Evidence tokens of an identity, packed; they go with its digest. */
static const char version_evidence[] =
    "CREATE TABLE identity_evidence("
    "  identity_id INTEGER PRIMARY KEY REFERENCES identity,"
    "  tokens BLOB NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER evidence_of_nobody AFTER UPDATE OF digest ON identity"
    " WHEN new.digest IS NULL BEGIN"
    "  DELETE FROM identity_evidence WHERE identity_id = new.id;"
    " END;";

/* What the months on disk rest on (store/basis.h); outputs: a digest of their rows of table output.
 */
static const char version_basis[] = "CREATE TABLE run_basis("
                                    "  folder TEXT PRIMARY KEY,"
                                    "  basis TEXT NOT NULL,"
                                    "  outputs TEXT NOT NULL,"
                                    "  users INTEGER NOT NULL,"
                                    "  linked INTEGER NOT NULL,"
                                    "  matched INTEGER NOT NULL"
                                    ") STRICT, WITHOUT ROWID;";

/* How identities came to another person, told by the entry of the audit log that goes with it, so
 * that it outlives the delivery. */
static const char version_person[] =
    "CREATE TABLE person_move("
    "  id INTEGER PRIMARY KEY,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  from_person INTEGER NOT NULL REFERENCES identity,"
    "  to_person INTEGER NOT NULL REFERENCES identity,"
    "  source_id INTEGER REFERENCES source," /* of the file that brought it; NULL: no file did */
    "  period INTEGER,"
    "  audit INTEGER" /* NULL: not known */
    ") STRICT;"
    "INSERT INTO person_move SELECT c.id, c.identity_id, c.from_person, c.to_person, d.source_id,"
    "  d.period, NULL FROM person_change c JOIN delivery d ON d.id = c.delivery_id;"
    "DROP TABLE person_change;"
    "ALTER TABLE person_move RENAME TO person_change;"
    "CREATE INDEX person_change_from ON person_change(from_person);"
    "CREATE INDEX person_change_to ON person_change(to_person);";

/* Tokens that joined two people and were parted by hand: on each side they join those listed there,
 * and nobody else. */
static const char version_apart[] =
    "CREATE TABLE person_apart("
    "  token INTEGER NOT NULL REFERENCES token_name,"
    "  hash BLOB NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  side INTEGER NOT NULL," /* entry of the audit log; 0: those who stayed */
    "  PRIMARY KEY(token, hash, identity_id)"
    ") STRICT, WITHOUT ROWID;";

/*
 * Digests of identities in a table of their own, which takes them in sorted batches, instead of an
 * index that takes each when it comes. Column digest stays what it was, and the table follows it:
 * by the statements that add identities, and by a trigger that takes one away. The table is made
 * anew because what makes a column unique cannot be dropped; references to it must not be enforced
 * meanwhile.
 */
static const char version_digest[] =
    "CREATE TABLE identity_new("
    "  id INTEGER PRIMARY KEY,"
    "  source_id INTEGER NOT NULL REFERENCES source,"
    "  digest BLOB,"
    "  birth_month INTEGER,"
    "  sex INTEGER NOT NULL,"
    "  tokens BLOB NOT NULL,"
    "  seen_from INTEGER,"
    "  person_id INTEGER REFERENCES identity,"
    "  kin INTEGER NOT NULL DEFAULT 0,"
    "  conflict INTEGER"
    ") STRICT;"
    "INSERT INTO identity_new SELECT id, source_id, digest, birth_month, sex, tokens, seen_from,"
    "  person_id, kin, conflict FROM identity ORDER BY id;"
    "DROP TABLE identity;"
    "ALTER TABLE identity_new RENAME TO identity;"
    "CREATE INDEX identity_joined ON identity(person_id) WHERE person_id <> id;"
    "CREATE INDEX identity_conflict ON identity(conflict) WHERE conflict IS NOT NULL;"
    "CREATE TABLE identity_digest("
    "  source_id INTEGER NOT NULL REFERENCES source,"
    "  digest BLOB NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  PRIMARY KEY(source_id, digest)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO identity_digest SELECT source_id, digest, id FROM identity"
    "  WHERE digest IS NOT NULL ORDER BY source_id, digest;"
    "CREATE TRIGGER digest_of_nobody AFTER UPDATE OF digest ON identity"
    " WHEN new.digest IS NULL BEGIN"
    "  DELETE FROM identity_evidence WHERE identity_id = new.id;"
    "  DELETE FROM identity_digest WHERE source_id = old.source_id AND digest = old.digest;"
    " END;";

/*
 * When the identities of rosters were seen and enrolled: kept up as files come, so that nobody has
 * to look through all rows. `seen_to`: period of the newest delivery that has it; NULL: the newest
 * one of its source does. `enrolled_from`: the smallest day of any of its rows; `enrolled_to`: the
 * last day in the newest delivery that has it, NULL: open or not said. `turns`: a day of enrolment
 * near the 75th birthday, 1 an end, 2 a beginning. `watched`: who is one person depends on these
 * days.
 */
static const char version_enrolled[] =
    "ALTER TABLE identity ADD COLUMN seen_to INTEGER;"
    "ALTER TABLE identity ADD COLUMN enrolled_from INTEGER;"
    "ALTER TABLE identity ADD COLUMN enrolled_to INTEGER;"
    "ALTER TABLE identity ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE identity ADD COLUMN turns INTEGER GENERATED ALWAYS AS ("
    " coalesce(enrolled_to / 10000 * 12 + enrolled_to / 100 % 100 - 1 - birth_month IN (899, 900),"
    "  0)"
    " + 2 * coalesce(enrolled_from / 10000 * 12 + enrolled_from / 100 % 100 - 1 - birth_month"
    "  = 900, 0)) VIRTUAL;"
    "CREATE INDEX identity_turns ON identity(birth_month, sex) WHERE turns <> 0;"
    "UPDATE identity SET seen_to = s.newest / 100000000, enrolled_from = s.first,"
    "  enrolled_to = nullif(s.newest % 100000000, 99999999) FROM"
    "  (SELECT r.identity_id AS id, min(r.enrolled_from) AS first,"
    "   max(d.period * 100000000 + coalesce(r.enrolled_to, 99999999)) AS newest"
    "   FROM roster_row r JOIN delivery d ON d.id = r.delivery_id GROUP BY r.identity_id) s"
    "  WHERE s.id = identity.id;"
    "UPDATE identity SET seen_to = NULL WHERE seen_to ="
    "  (SELECT max(d.period) FROM delivery d WHERE d.source_id = identity.source_id);"

    /* names and birthdays that make one person of identities without a common number, and names
     * that could but do not */
    "CREATE TABLE person_bridge("
    "  id INTEGER PRIMARY KEY,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  rule INTEGER NOT NULL,"               /* see bridges.h */
    "  token INTEGER REFERENCES token_name," /* NULL: no token, days alone */
    "  hash BLOB NOT NULL,"                  /* empty: no token */
    "  source_id INTEGER REFERENCES source," /* of the file that brought it; NULL: no file did */
    "  period INTEGER,"
    "  audit INTEGER NOT NULL" /* entry of the audit log that goes with it */
    ") STRICT;"
    "CREATE INDEX person_bridge_identity ON person_bridge(identity_id);"

    /* two people, said by hand: nothing but a common number makes one of the two sides */
    "CREATE TABLE person_two("
    "  audit INTEGER NOT NULL,"
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  side INTEGER NOT NULL," /* 1: those who left */
    "  PRIMARY KEY(audit, identity_id)"
    ") STRICT, WITHOUT ROWID;"

    /* an older program joined by numbers alone */
    "INSERT OR REPLACE INTO meta SELECT 'persons_stale', '1'"
    "  WHERE EXISTS (SELECT 1 FROM identity WHERE person_id IS NOT NULL);";

/* What linking remembers of a provider's users (store/remembered.h). */
static const char version_memory[] = "CREATE TABLE link_memory("
                                     "  provider TEXT NOT NULL,"
                                     "  part INTEGER NOT NULL,"
                                     "  digest TEXT NOT NULL,"
                                     "  data BLOB NOT NULL,"
                                     "  PRIMARY KEY(provider, part)"
                                     ") STRICT;";

/* Those who share a number with another of their source, so that they are found without a look at
 * everybody. */
static const char version_kin[] = "CREATE INDEX identity_kin ON identity(kin) WHERE kin = 1;";

/* Whom death took out of a roster (enum tg_death), and its rows that say so. */
static const char version_death[] =
    "ALTER TABLE roster_row ADD COLUMN death INTEGER;" /* 1, or NULL */
    "ALTER TABLE identity ADD COLUMN death INTEGER NOT NULL DEFAULT 0;";

/*
 * One person, said by hand: those of one entry of the audit log and of one side of it, which is 0
 * until a later entry parts some of them from the others. Why a name joins nobody is told in more
 * words, so everybody is looked at.
 */
static const char version_joined[] =
    "CREATE TABLE person_joined("
    "  identity_id INTEGER NOT NULL REFERENCES identity,"
    "  audit INTEGER NOT NULL,"
    "  side INTEGER NOT NULL,"
    "  PRIMARY KEY(identity_id, audit)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX person_joined_side ON person_joined(audit, side);"
    "INSERT OR REPLACE INTO meta SELECT 'persons_stale', '1'"
    "  WHERE EXISTS (SELECT 1 FROM person_bridge WHERE rule = 4);";

/* Tokens and digests of identities by hash, many to a row (store/index.h), instead of a row each in
 * tables identity_token and identity_digest. */
static const char version_index[] =
    "CREATE TABLE token_chunk("
    "  id INTEGER PRIMARY KEY,"
    "  postings BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE digest_chunk("
    "  id INTEGER PRIMARY KEY,"
    "  postings BLOB NOT NULL"
    ") STRICT;"
    "DROP TRIGGER digest_of_nobody;"
    "CREATE TRIGGER evidence_of_nobody AFTER UPDATE OF digest ON identity"
    " WHEN new.digest IS NULL BEGIN"
    "  DELETE FROM identity_evidence WHERE identity_id = new.id;"
    " END;";

/* Column `turns` is worked out when the days change, and no more with each row that comes: by this
 * trigger, and by who adds an identity. */
#define TURNS                                                                                      \
    "(coalesce(enrolled_to / 10000 * 12 + enrolled_to / 100 % 100 - 1 - birth_month"               \
    "  IN (899, 900), 0)"                                                                          \
    " OR coalesce(enrolled_from / 10000 * 12 + enrolled_from / 100 % 100 - 1 - birth_month"        \
    "  = 900, 0))"
static const char version_turns[] =
    "DROP INDEX identity_turns;"
    "ALTER TABLE identity DROP COLUMN turns;"
    "ALTER TABLE identity ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;" /* 1, or 0 */
    "UPDATE identity SET turns = 1 WHERE " TURNS ";"
    "CREATE INDEX identity_turns ON identity(birth_month, sex) WHERE turns <> 0;"
    "CREATE TRIGGER turns_of_days AFTER UPDATE OF enrolled_from, enrolled_to ON identity"
    " WHEN new.enrolled_from IS NOT old.enrolled_from OR new.enrolled_to IS NOT old.enrolled_to"
    " BEGIN"
    "  UPDATE identity SET turns = " TURNS " WHERE id = new.id;"
    " END;";

/* Of the hashes of evidence tokens 8 bytes (store/evidence.h). */
static const char version_short[] = "INSERT OR REPLACE INTO meta SELECT 'evidence_whole', '0'"
                                    "  WHERE EXISTS (SELECT 1 FROM identity);"
                                    "DELETE FROM link_memory;";

/* Chunks of the fresh level have numbers below zero (store/index.h): nothing to do, but older
 * programs must not read such a store. */
static const char version_levels[] = "";

/* Pages have checksums (store/page.h), which a program that knows nothing of them would spoil: the
 * tables are as they were, and that program is kept out. */
static const char version_checksums[] = "";

/* What makes version n of version n − 1, and what statements alone cannot do of it. Entries are
 * never changed, only added. */
static const struct {
    const char *sql;
    enum tg_status (*then)(const struct tg_db *db, struct tg_error *err);
} upgrades[] = {{version_1, NULL},        {version_review, NULL},
                {version_placing, NULL},  {version_consent, NULL},
                {version_evidence, NULL}, {version_epoch, NULL},
                {version_basis, NULL},    {version_person, NULL},
                {version_apart, NULL},    {version_digest, NULL},
                {version_enrolled, NULL}, {version_memory, NULL},
                {version_kin, NULL},      {version_death, NULL},
                {version_joined, NULL},   {version_index, tg_index_convert},
                {version_turns, NULL},    {version_short, tg_evidence_convert},
                {version_levels, NULL},   {version_checksums, NULL}};

enum { SCHEMA_VERSION = sizeof upgrades / sizeof upgrades[0] };

enum tg_status tg_schema_look(const struct tg_db *db, enum tg_db_content *out, struct tg_error *err)
{
    int64_t application = 0, tables = 0;
    enum tg_status status =
        tg_db_number(db, "PRAGMA application_id", DB_NO_ARGS, &application, err);
    if (!status)
        status = tg_db_number(db, "SELECT count(*) FROM sqlite_schema", DB_NO_ARGS, &tables, err);
    if (status)
        return status;
    if (application == TG_STORE_APPLICATION_ID)
        *out = TG_DB_STORE;
    else
        *out = application == 0 && tables == 0 ? TG_DB_EMPTY : TG_DB_FOREIGN;
    return TG_OK;
}

enum tg_status tg_schema_is_current(const struct tg_db *db, struct tg_error *err)
{
    int64_t version = 0;
    enum tg_status status = tg_db_number(db, "PRAGMA user_version", DB_NO_ARGS, &version, err);
    if (status || version == SCHEMA_VERSION)
        return status;
    return TG_FAIL(err, version > SCHEMA_VERSION ? TG_MSG_STORE_NEWER : TG_MSG_STORE_OLDER,
                   .file = db->path);
}

enum tg_status tg_schema_upgrade(const struct tg_db *db, struct tg_error *err)
{
    int64_t version = 0;
    enum tg_status status = tg_db_number(db, "PRAGMA user_version", DB_NO_ARGS, &version, err);
    if (status)
        return status;
    if (version > SCHEMA_VERSION || version < 0)
        return TG_FAIL(err, TG_MSG_STORE_NEWER, .file = db->path);
    if (version == SCHEMA_VERSION)
        return TG_OK;
    for (; !status && version < SCHEMA_VERSION; version++) {
        status = tg_db_exec(db, upgrades[version].sql, err);
        if (!status && upgrades[version].then)
            status = upgrades[version].then(db, err);
    }
    char pragmas[96];
    (void)snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d;PRAGMA user_version=%d",
                   TG_STORE_APPLICATION_ID, (int)SCHEMA_VERSION);
    return status ? status : tg_db_exec(db, pragmas, err);
}
