#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails on every #include in lib/, cli/ and include/ that layers.txt does not allow.
#
# usage: layers.sh [PROJECT-ROOT [LAYERS-FILE]]
set -u
root=${1:-.}
layers=${2:-$root/tests/meta/layers.txt}
cd "$root" || exit 2

find lib cli include -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.inc' \) |
    LC_ALL=C sort |
    xargs grep -En '^[[:space:]]*(#|%:|\?\?=)[[:space:]]*(include|import|embed)' /dev/null |
    awk -v layers="$layers" '
    function fail(why) {
        print place ": " why
        wrong++
    }
    function read_layers(    line, part, names, i, n, who) {
        while ((getline line < layers) > 0) {
            sub(/#.*/, "", line)
            if (line ~ /^[ \t]*$/)
                continue
            lines++
            n = split(line, part, ":")
            split(part[1], names, " ")
            if (names[1] == "room") {
                rooms[names[2]] = 1
                who = names[2]
                may[who, who] = 1
                n = split(part[2], names, " ")
                for (i = 1; i <= n; i++) {
                    if (!(names[i] in rooms))
                        fail_layers(line, "no room " names[i] " before " who)
                    may[who, names[i]] = 1
                }
            } else if (names[1] == "face" && n == 2) {
                split(part[2], names_of_rooms, " ")
                face_of[names[2]] = names_of_rooms[1]
            } else if (names[1] == "faces") {
                faces[names[2]] = 1
            } else if (names[1] == "c") {
                n = split(part[1], names, " ")
                for (i = 2; i <= n; i++)
                    c[names[i]] = 1
            } else if (names[1] == "outside" && n == 2) {
                n = split(part[1], names, " ")
                for (i = 2; i <= n; i++)
                    outside[names[i]] = part[2] " "
            } else {
                fail_layers(line, "not understood")
            }
        }
        if (!lines)
            fail_layers(layers, "nothing can be read")
    }
    function fail_layers(line, why) {
        place = layers ": " line
        fail(why)
    }
    # the room whose header this is; "" when it is none of ours
    function owner(header,    name) {
        name = header
        if (name == "totsugo/messages.def")
            return "base"
        if (sub(/^totsugo\//, "", name)) {
            sub(/\.h$/, "", name)
            if (name in face_of)
                name = face_of[name]
            return name in rooms ? name : "?"
        }
        if (name !~ /\//)
            return ""
        sub(/\/.*/, "", name)
        return name in rooms ? name : "?"
    }
    function check_ours(room, is_face, header,    to, to_face) {
        to = owner(header)
        to_face = header ~ /^totsugo\//
        if (to == "?")
            fail("no room has " header)
        else if ((is_face || room in faces) && !to_face)
            fail(room " sees faces only, not " header)
        else if (!(room in faces) && !((room, to) in may))
            fail("room " room " may not see room " to " (" header ")")
    }
    function check_outside(room, is_face, header,    folder) {
        if (header in c)
            return
        folder = header
        sub(/\/.*/, "/", folder)
        if (!(header in outside))
            header = folder
        if (!(header in outside))
            fail("<" header "> is not in layers.txt")
        else if (is_face || index(outside[header], " " room " ") == 0)
            fail((is_face ? "the face of " : "") room " may not include <" header ">")
    }
    BEGIN {
        read_layers()
    }
    {
        seen++
        n = split($0, part, ":")
        file = part[1]
        place = file ":" part[2]
        text = substr($0, length(place) + 2)
        split(file, path, "/")
        is_face = path[1] == "include"
        room = path[1] == "lib" ? path[2] : path[1]
        if (is_face) {
            room = path[3]
            sub(/\..*/, "", room)
            if (room == "messages")
                room = "base"
            if (room in face_of)
                room = face_of[room]
        }
        if (!(room in rooms) && !(room in faces)) {
            fail("this file is in no room of layers.txt")
            next
        }
        if (!match(text, /^[ \t]*#[ \t]*include[ \t]*(<[^<>]+>|"[^"]+")[ \t]*(\/\*.*\*\/|\/\/.*)?[ \t\r]*$/)) {
            fail("an include in another form: " text)
            next
        }
        quoted = text ~ /^[^<"]*"/
        header = text
        sub(/^[^<"]*[<"]/, "", header)
        sub(/[>"].*/, "", header)
        if (header ~ /\.\./)
            fail("a path with .. : " header)
        else if (header ~ /^totsugo\//)
            check_ours(room, is_face, header)
        else if (!quoted)
            check_outside(room, is_face, header)
        else if (header ~ /\//)
            check_ours(room, is_face, header)
        else if (!(room in faces))
            fail("name the room of " header)
    }
    END {
        printf "%d includes looked at, %d not allowed\n", seen, wrong
        exit wrong > 0 || seen == 0
    }'
