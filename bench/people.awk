# SPDX-License-Identifier: Apache-2.0
# people.awk -v participants=N -v controls=N -v seed=N : a CSV of people with ten covariates, among
# them text, whose participants differ from the controls as users of an app do. The same arguments
# give the same bytes.
function uniform() {
    state = (state * 16807) % 2147483647
    return state / 2147483647
}
function normal(    i, sum) {
    for (i = 0; i < 12; i++)
        sum += uniform()
    return sum - 6
}
function person(id, treated,    shift, age, cost) {
    shift = treated * 0.5
    age = int(68 + 9 * (normal() - shift))
    if (age < 40) age = 40
    cost = uniform() < 0.2 ? 0 : int(exp(9.5 + normal() - 0.2 * shift))
    printf "P%07d,%d,%d,%s,D%02d,%d,%d,%.1f,%.1f,%d,%d,%d\n", id, treated, age,
        (uniform() < 0.45 + 0.1 * treated ? "F" : "M"), int(uniform() * 20), cost,
        int(cost * uniform()), 23 + 3 * normal() - shift, 5.8 + 0.6 * normal(),
        (uniform() < 0.15), (uniform() < 0.4 - 0.1 * treated), int(12 * uniform() + shift)
}
BEGIN {
    state = seed + 1
    print "id,treated,age,sex,district,cost,drugs,bmi,hba1c,diabetes,hypertension,visits"
    ratio = participants / (participants + controls)
    for (i = 1; i <= participants + controls; i++) {
        treated = int(i * ratio) > int((i - 1) * ratio)
        person(i, treated)
    }
}
