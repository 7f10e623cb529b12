# SPDX-License-Identifier: Apache-2.0
# A tiny city with an app, written out: 12 residents, 8 users. Sourced after lib.sh.

city_study() {
    cat <<'Y'
version: 1
study: tiny-2025
sources:
  roster:
    kind: roster
    columns: {insurer_number: 保険者番号, insured_symbol: 記号, insured_number: 番号,
              resident_number: 宛名番号, kana_name: カナ氏名, birth_date: 生年月日, sex: 性別,
              district: 圏域, enrolled_from: 取得日, enrolled_to: 喪失日}
  medical:
    kind: events
    columns: {insurer_number: 保険者番号, insured_symbol: 記号, insured_number: 番号,
              birth_date: 生年月日, sex: 性別, month: 診療年月, code: 主傷病, amount: 点数}
    scale: 10
  app_users:
    kind: users
    provider: walkapp
    columns: {app_user_id: uid, kana_name: ふりがな, birth_date: birthday, sex: gender,
              registered_on: registered}
  consents:
    kind: consents
    provider: walkapp
    columns: {app_user_id: uid, purpose: 目的, granted_on: 同意日, withdrawn_on: 撤回日,
              form: 書式, method: 方法}
Y
}

# Residents 7 and 8 are namesakes; 9 and 10 are twins with one number.
city_roster() {
    cat <<'C'
国民健康保険資格台帳,出力日 R7.4.1
保険者番号,記号,番号,宛名番号,カナ氏名,生年月日,性別,圏域,取得日,喪失日
138016,神,0000101,000000000001,ﾔﾏﾀﾞ ﾊﾅｺ,昭和10年5月3日,2,北,昭和60年4月1日,
138016,神,0000102,000000000002,ｻﾄｳ ｲﾁﾛｳ,S25.12.1,1,北,20100401,
138016,神,0000103,000000000003,ｽｽﾞｷ ｼﾕﾝｺ,3300715,女,南,2010/4/1,
138016,神,0000104,000000000004,ﾀｶﾊｼ ｹﾞﾝ,1950-02-28,男,南,2010-04-01,
138016,神,0000105,000000000005,ｲﾄｳ ﾖｼｵ,昭和30年1月1日,1,北,平成22年4月1日,
138016,神,0000106,000000000006,ﾜﾀﾅﾍﾞ ﾁﾂﾞ,昭和31年2月2日,2,南,平成22年4月1日,
138016,神,0000107,000000000007,ﾅｶﾑﾗ ｱｷﾗ,昭和32年3月3日,1,北,平成22年4月1日,
138016,神,0000108,000000000008,ﾅｶﾑﾗ ｱｷﾗ,昭和32年3月3日,1,南,平成22年4月1日,
138016,神,0000109,000000000009,ｺﾊﾞﾔｼ ﾏﾘ,昭和33年4月4日,2,北,平成22年4月1日,
138016,神,0000109,000000000010,ｺﾊﾞﾔｼ ﾕﾘ,昭和33年4月4日,2,北,平成22年4月1日,
138016,神,0000111,000000000011,ｶﾄｳ ﾀﾛｳ,昭和34年5月5日,1,北,平成22年4月1日,
138016,神,0000112,000000000012,ﾖｼﾀﾞ ｼﾞﾛｳ,昭和35年6月6日,1,南,平成22年4月1日,
C
}

# u1 to u5: one resident each; u6 no consent; u7 the namesakes; u8 lives elsewhere.
city_users() {
    cat <<'C'
uid,ふりがな,birthday,gender,registered
u1,やまだ　はなこ,1935-05-03,female,2025-01-10
u2,サトウ イチロウ,1950/12/01,男,2025-01-11
u3,すずき しゅんこ,1955-07-15,F,2025-01-12
u4,たかはしげん,19500228,M,2025-01-13
u5,コバヤシ・マリ,S33.4.4,女,2025-01-14
u6,いとう よしお,1955-01-01,male,2025-01-15
u7,なかむら あきら,1957-03-03,male,2025-01-16
u8,よそ の ひと,1960-01-01,male,2025-01-17
C
}

city_consents() {
    echo 'uid,目的,同意日,撤回日,書式,方法'
    for u in u1 u2 u3 u5 u7 u8; do
        echo "$u,outcome-evaluation,2025-01-20,,v1,web"
    done
    echo 'u4,outcome-evaluation,2025-01-20,2025-02-10,v1,web'
}

city_medical() {
    echo '保険者番号,記号,番号,生年月日,性別,診療年月,主傷病,点数'
    for month in 2025-01 2025-02 2025-03; do
        echo "138016,神,101,昭和10年5月3日,2,$month,I10,1234"
        echo "138016,神,102,S25.12.1,1,$month,E11,\"2,000\""
    done
}

# pseudonymize_all INBOX : the whole city as token files, lookups beside the raw files
pseudonymize_all() {
    for source in roster app_users consents; do
        "$TOTSUGO" pseudonymize -s study.yaml -k key --source $source --period 2025-03 \
            --lookup "$source.lookup" -o "$1/$source.csv" "$source.raw" 2>err || fail "pseudonymize $source: $(cat err)"
    done
    "$TOTSUGO" pseudonymize -s study.yaml -k key --source medical --period 2025-03 \
        -o "$1/medical.csv" medical.raw 2>err || fail "pseudonymize medical: $(cat err)"
}

make_city() {
    city_study >study.yaml
    city_roster | iconv -f UTF-8 -t CP932 | sed 's/$/\r/' >roster.raw
    city_users >app_users.raw
    city_consents >consents.raw
    city_medical | iconv -f UTF-8 -t CP932 >medical.raw
    fixed_key study.yaml key
    mkdir -p inbox
}
