package batch

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"slices"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/words"
)

const (
	shownValues  = 20   // so many different values of a field are told apart
	countValues  = 1000 // so many are counted
	valueLength  = 100  // characters of a value that are kept
	identifiable = 12   // characters from which on a value may be an identifier
)

// FieldValues is what different values the rows that are not finished give to
// a field.
type FieldValues struct {
	Different int64        `json:"different"` // how many; More: at least so many
	More      bool         `json:"more"`
	Values    []ValueCount `json:"values"` // all of them, the most frequent first; none if there are more than 20
}

// ValueCount is one value of a field.
type ValueCount struct {
	Value   string `json:"value"` // shortened to 100 characters
	Rows    int64  `json:"rows"`
	Foreign bool   `json:"foreign"` // of type, status, priority: none of the platform's values; an organisation may have its own
	Nearest string `json:"nearest"` // the value of the platform that may be meant; may be ""
}

// ValuesByField are the values of all fields.
type ValuesByField [client.NumFields]FieldValues

// MarshalJSON writes the fields that have values, by name.
func (v ValuesByField) MarshalJSON() ([]byte, error) {
	byName := map[string]FieldValues{}
	for f, values := range v {
		if values.Different > 0 {
			byName[client.Field(f).String()] = values
		}
	}
	return json.Marshal(byName)
}

// valueCounter counts the values of one field in bounded memory.
type valueCounter struct {
	index map[uint64]int // by hash: the place in list
	list  []ValueCount   // the first of them
	more  bool
}

// values counts the values of all fields.
type values struct {
	seed   maphash.Seed
	fields [client.NumFields]valueCounter
}

func (v *values) add(row *csvmap.Row) {
	for f := range client.Field(client.NumFields) {
		if c := &v.fields[f]; row.Set.Has(f) && !c.more {
			value := row.Value(f)
			c.add(maphash.Bytes(v.seed, value), value)
		}
	}
}

func (c *valueCounter) add(hash uint64, value []byte) {
	i, known := c.index[hash]
	switch {
	case known && i < len(c.list):
		c.list[i].Rows++
	case known:
	case len(c.index) == countValues:
		c.index, c.more = nil, true
	default:
		if c.index == nil {
			c.index = map[uint64]int{}
		}
		i = len(c.index)
		c.index[hash] = i
		if i < shownValues {
			c.list = append(c.list, ValueCount{Value: words.Shorten(string(value), valueLength), Rows: 1})
		}
	}
}

// summary ends the counting.
func (v *values) summary() (all ValuesByField) {
	for f := range all {
		c, to := &v.fields[f], &all[f]
		to.Different, to.More, to.Values = int64(len(c.index)), c.more, []ValueCount{}
		if c.more {
			to.Different = countValues
		}
		if c.more || len(c.index) > shownValues {
			continue
		}
		to.Values = append(to.Values, c.list...)
		slices.SortStableFunc(to.Values, func(a, b ValueCount) int { return cmp.Compare(b.Rows, a.Rows) })
		if platform := client.Field(f).Info().Values; len(platform) > 0 {
			for i := range to.Values {
				to.Values[i].compare(platform)
			}
		}
	}
	return all
}

// compare looks at a value beside those of the platform. The identifier of a
// value can stand for it.
func (v *ValueCount) compare(platform []string) {
	identifier := len(v.Value) >= identifiable && strings.ContainsAny(v.Value, "0123456789") && !strings.Contains(v.Value, " ")
	if v.Foreign = !slices.Contains(platform, v.Value) && !identifier; v.Foreign {
		v.Nearest = words.Nearest(v.Value, platform)
	}
}
