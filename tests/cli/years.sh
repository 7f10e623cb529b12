#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who is one person, held against the truth over sixty months of three rosters, as files come: in
# order, and late, replaced and taken back. PERSONS and SEED ask for another municipality.
. "$(dirname "$0")/lib.sh"
least=99.9 # % of people who must have one id
persons=${PERSONS:-2000}
study=city/study.yaml
truth=city/truth
"$TOTSUGO" generate city --persons "$persons" --users 10 --months 60 --roster-every 1 --seed "${SEED:-1}" \
    2>err || fail "no city: $(cat err)"
"$TOTSUGO" key new -s $study -o key 2>/dev/null
mkdir all first one two
cp $study one/study.yaml
cp $study two/study.yaml

# turn FOLDER NAME RAW: FOLDER/NAME.csv and FOLDER/NAME.lookup
turn() {
    "$TOTSUGO" pseudonymize -s $study -k key --source "${2%_*}" --period "${2##*_}" \
        --lookup "$1/$2.lookup" -o "$1/$2.csv" "$3" 2>err || fail "$2: $(cat err)"
}

for raw in city/raw/roster_* city/raw/late_elderly_* city/raw/care_ledger_*; do
    turn all "$(basename "$raw" .csv)" "$raw"
done
# five files come first without their last rows
replaced='roster_2024-09 roster_2026-10 late_elderly_2027-02 late_elderly_2028-05 care_ledger_2026-12'
for name in $replaced; do
    raw=city/raw/$name.csv
    head -n $(($(wc -l <$raw) * 9 / 10)) $raw >raw
    turn first $name raw
done

# row id and person of every row
awk -F, '
    FNR == 1 { file = FILENAME; sub(/.*\//, "", file); sub(/\.lookup$/, ".csv", file); next }
    file == "roster_lines.csv" { print row[$1 "," $2] "," $3; next }
    { row[file "," $2] = $1 }' all/*.lookup $truth/roster_lines.csv >rows

# ids STORE: row id, id and person of every row that the store has; ids are good for this store now
ids() {
    "$TOTSUGO" store dump -s "$1/study.yaml" --force -o "$1/dump" 2>err || fail "dump: $(cat err)"
    awk '
        BEGIN { FS = "," }
        FILENAME == "rows" { person[$1] = $2; next }
        FNR == 1 { FS = "\t"; $0 = $0 }
        $1 == "roster" { digest[$4] = $2 " " $5 }
        $1 == "person" { id[$2 " " $3] = $5 }
        END { for (r in digest) print r "," id[digest[r]] "," person[r] }' rows "$1/dump"
}

# compare IDS: how many people have one id, whom it fails, and which ids hold two people
compare() {
    awk -F, -v least="$least" -v list="${LIST:-}" '
        FILENAME ~ /persons/ { events[$1] = $6; next }
        { rows++ }
        !(($2, $3) in seen) { seen[$2, $3] = 1; n_ids[$3]++; n_people[$2]++ }
        END {
            for (p in n_ids) {
                people++
                if (n_ids[p] == 1)
                    continue
                lost++
                if (list)
                    print "  person " p ": " n_ids[p] " ids; " events[p]
                kind = events[p]
                gsub(/:[0-9-]+/, "", kind)
                kinds[kind]++
            }
            for (k in seen) {
                split(k, part, SUBSEP)
                if (n_people[part[1]] > 1)
                    print "  id " part[1] " holds person " part[2] ": " events[part[2]]
            }
            for (i in n_people)
                shared += n_people[i] > 1
            share = people ? 100 * (people - lost) / people : 0
            printf "%d rows, %d people, %d with one id: %.3f %%; %d ids of two people\n", rows,
                people, people - lost, share, shared
            for (k in kinds)
                print "  lost: " kinds[k] " " k
            exit share < least || shared > 0 || rows < 1000
        }' $truth/persons.csv "$1"
}

# number STORE ROW: the number that `person history` gives the row, and how it came to it
number() {
    "$TOTSUGO" person history -s "$1/study.yaml" "$2" >history 2>err || fail "history: $(cat err)"
    awk -F, '$2 == "token" { print $1 }' history | sort -u
}

# a first row for some of each kind, of those who change most and of those to whom nothing happens
awk -F, '
    FILENAME ~ /lookup$/ { early[$1] = 1; next }
    FILENAME == "rows" { if ($1 in early) row[$2] = $1; next }
    $1 in row {
        kind = $6 == "" ? "nothing" : "other"
        if ($6 ~ /reading/)
            kind = "reading"
        if ($6 ~ /turned75.*late_elderly/)
            kind = "elderly"
        if ($6 ~ /returned_new/)
            kind = "new"
        if (kinds[kind]++ < 4)
            print row[$1]
    }' all/roster_2024-04.lookup rows $truth/persons.csv >sample
[ "$(wc -l <sample)" -ge 12 ] || fail "a small sample"

# in order; what was one person at the end of a year is one a year later, and has its number still
# unless its history tells of the move
: >before
: >numbers
for year in 2024 2025 2026 2027 2028; do
    files=$(ls all/*_$year-0[4-9].csv all/*_$year-1?.csv all/*_$((year + 1))-0[1-3].csv |
        sed 's/\(.*\)_\(.*\)/\2 \1_\2/' | sort | cut -d' ' -f2)
    # shellcheck disable=SC2086
    "$TOTSUGO" import -s one/study.yaml $files 2>err || fail "$year: $(tail -1 err)"
    ids one >now
    awk -F, '
        FNR == NR { now[$1] = $2; next }
        !($1 in now) { print "row gone" }
        $2 in then && then[$2] != now[$1] { print "id " $2 " fell apart"; exit }
        { then[$2] = now[$1] }' now before >apart
    [ ! -s apart ] || fail "$year: $(head -1 apart)"
    mv now before
    : >numbers.now
    while read -r row; do
        is=$(number one "$row")
        was=$(sed -n "s/^$row //p" numbers)
        [ "$(echo "$is" | wc -l)" -eq 1 ] || fail "$year: a history of several people"
        if [ -n "$was" ] && [ "$is" != "$was" ]; then
            grep -q "^$is,moved,.*,$was,$is," history || fail "$year: $was became $is, unsaid"
            moved=$((${moved:-0} + 1))
        fi
        echo "$row $is" >>numbers.now
    done <sample
    mv numbers.now numbers
done
echo "in order: of $(wc -l <sample) ids that were followed ${moved:-0} were merged into older ones, which is told"
compare before || fail "in order"

# a tenth of the files late by up to five months; the month of one is taken back, and comes again
ls all/*.csv | awk -v replaced=" $replaced " '
    function key(text, i, h) {
        for (i = 1; i <= length(text); i++)
            h = (h * 31 + index("abcdefghijklmnopqrstuvwxyz0123456789_-", substr(text, i, 1))) % 65521
        return h * 7919 % 65521
    }
    {
        name = $0
        sub(/.*\//, "", name)
        sub(/\.csv$/, "", name)
        month = substr(name, length(name) - 6, 4) * 12 + substr(name, length(name) - 1)
        h = key(name)
        late = h % 10 == 0 ? 1 + h % 5 : 0
        if (index(replaced, " " name " ")) {
            printf "%05d %05d first/%s.csv\n", month, h, name
            late = 3
        }
        printf "%05d %05d %s\n", month + late, h, $0
    }' | sort | cut -d' ' -f3 >order
cp one/site.key two/
half=$(($(wc -l <order) / 2))
# shellcheck disable=SC2046
expect 0 "$TOTSUGO" import -s two/study.yaml $(head -n $half order)
expect 0 "$TOTSUGO" import -s two/study.yaml --retract --source late_elderly --period 2025-02
# shellcheck disable=SC2046
expect 0 "$TOTSUGO" import -s two/study.yaml $(tail -n +$((half + 1)) order) all/late_elderly_2025-02.csv
# the list for a clerk has the names that were counted, each with rows of at least two people
counted=$(sed -n 's/^.* \([0-9]*\) names .*$/\1/p' err | tail -1)
expect 0 "$TOTSUGO" person undecided -s two/study.yaml -o undecided.csv
listed=$(awk -F, 'NR > 1 { n[$1]++ } END { for (i in n) { names++; if (n[i] < 2) exit 1 } print names + 0 }' undecided.csv)
[ "$listed" = "${counted:-0}" ] || fail "$listed names listed, ${counted:-0} counted"
echo "undecided: $(awk -F, 'NR > 1 { n[$5]++ } END { for (r in n) printf "%d rows %s; ", n[r], r }' undecided.csv)"
ids two >now
compare now || fail "as files come"
same one/dump two/dump

finish
