# Called by growth.sh with `folder`: two panels in logarithmic scales with lines by least squares.
set encoding utf8
set terminal svg enhanced size 900,380 font 'sans-serif,13' background '#ffffff'
set output folder.'/growth.svg'
set print '-'
set border 3 lc rgb '#444444'
set tics nomirror
set mxtics 1
set mytics 1
set format xy '10^{%T}'
set grid lt 1 lw 0.6 lc rgb '#E4E4E4'
set key top left Left reverse samplen 2
set ylabel 'time of one path (ms)'

array names = ['patterns', 'weights']
array titles = ['s = 10 weights', 'L = 20000 patterns']
array labels = ['patterns L', 'weights s']
set multiplot layout 1,2
do for [i = 1:2] {
  file = folder.'/growth-'.names[i].'.dat'
  unset logscale  # stats would refuse
  stats file using (log10($1)):(log10($2)) name 'fit' nooutput
  set logscale xy
  print sprintf('growth in %s: exponent %.2f', names[i], fit_slope)
  set title titles[i]
  set xlabel labels[i]
  plot file using 1:2 with points pt 7 ps 0.7 lc rgb '#0072B2' title 'measured', \
    10**(fit_intercept + fit_slope * log10(x)) with lines lw 1.5 lc rgb '#D55E00' \
    title sprintf('%s^{%.2f}', labels[i][strlen(labels[i]):], fit_slope)
}
unset multiplot
