// Elementary functions of tables, correctly rounded but for arguments whose result lies within
// 2^-95 of the middle between two doubles: the C library's and NumPy's depend on the machine.
#pragma once

namespace fastmel {

double exact_exp(double x);
double exact_exp10(double x);
double exact_log(double x);
double exact_log10(double x);
double exact_power(double x, double y);  // for x >= 0
double exact_bessel_i0(double x);        // the modified Bessel function of order 0

}  // namespace fastmel
