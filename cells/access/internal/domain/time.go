package domain

import "time"

// TimeGrain is how fine the times are that the cell keeps: what is finer is cut off before it is stored, so that every store gives back the same.
const TimeGrain = time.Microsecond
