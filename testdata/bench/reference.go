package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// referenceSpec is what the process of the net/http loop is told.
type referenceSpec struct{ URL, Input, Results, Certificate string }

// update is the body that the input's rows set.
type update struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Type        string `json:"type"`
	Status      string `json:"status"`
	Priority    string `json:"priority"`
}

// runReference is the least that a Go program must do for the whole job.
func runReference(text string) error {
	var spec referenceSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	client, err := referenceClient(spec.Certificate)
	if err != nil {
		return err
	}
	in, err := os.Open(spec.Input)
	if err != nil {
		return err
	}
	out, err := os.Create(spec.Results)
	if err != nil {
		return err
	}
	rows, done := make(chan []string, 4*senders), make(chan []string, 4*senders)
	var workers, writer sync.WaitGroup
	for range senders {
		workers.Go(func() {
			for row := range rows {
				done <- send(client, spec.URL, row)
			}
		})
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	writer.Go(func() {
		results := csv.NewWriter(buffered)
		for record := range done {
			results.Write(record) // its error comes back from Flush
		}
		results.Flush()
	})
	reader := csv.NewReader(bufio.NewReaderSize(in, 64<<10))
	reader.Read() // the header
	for {
		row, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		rows <- row
	}
	close(rows)
	workers.Wait()
	close(done)
	writer.Wait()
	if err := buffered.Flush(); err != nil {
		return err
	}
	return out.Close()
}

// send makes one request and returns its results row.
func send(client *http.Client, url string, row []string) []string {
	body, err := json.Marshal(update{row[1], row[2], row[3], row[4], row[5]})
	if err != nil {
		return []string{row[0], "", "", err.Error()}
	}
	began := time.Now()
	req, err := http.NewRequest(http.MethodPut, url+"/v1/accounts/tasks/"+row[0], bytes.NewReader(body))
	if err != nil {
		return []string{row[0], "", "", err.Error()}
	}
	req.Header.Set("x-api-key", benchKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return []string{row[0], "", "", err.Error()}
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return []string{row[0], strconv.Itoa(resp.StatusCode), strconv.FormatInt(time.Since(began).Milliseconds(), 10), fmt.Sprint(err)}
}

// referenceClient keeps its connections, and speaks HTTP/1.1 only.
func referenceClient(certificate string) (*http.Client, error) {
	t := &http.Transport{MaxIdleConnsPerHost: senders, DisableCompression: true, Protocols: new(http.Protocols)}
	t.Protocols.SetHTTP1(true)
	if certificate != "" {
		pem, err := os.ReadFile(certificate)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Transport: t}, nil
}
