package csvmap_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"taskbatch/csvmap"
)

func Example() {
	stdin := strings.NewReader("Task ID;Title;Region\nT-1;Call back;EU\nT 2;Send offer;US\n")
	in, err := csvmap.Open("-", stdin, csvmap.Options{Map: []string{"Region=metadata.region"}})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	for row, err := range in.Check(context.Background()) {
		switch {
		case err != nil:
			log.Fatal(err)
		case row.Err != nil:
			fmt.Printf("row %d: %s\n", row.Number, row.Err.Reason)
		default:
			fmt.Printf("row %d: %s %s\n", row.Number, row.TaskID, row.Body)
		}
	}
	fmt.Println(strings.Join(in.Columns(), ","))
	// Output:
	// row 2: T-1 {"title":"Call back","metadata":{"region":"EU"}}
	// row 3: the taskId "T 2" holds ' '; only A-Z a-z 0-9 . _ ~ - are possible
	// taskId,title,metadata.region
}
